import { codeOf } from '@e2image/cli';
import { bitmapRuns, type Filesystem, isExtError, uninitBlockBitmaps } from '@e2image/ext-core';
import { groupFirstBlock, hasIncompat, STATE_CLEAN } from '@e2image/ext-core/structures';
import { BlockSet, selectSteps } from '@e2image/ext-core/walk';
import { inBatches } from '@e2image/sparse-io';
import { HEAD_OFFSET, SECTOR } from '../disk/geometry.ts';
import { MapBuilder, NEW_MAP_BYTES, type UsedMap } from '../used/used-map.ts';

/** Memory for the blocks in use of one walk: a million scattered runs at least. */
const WINDOW_BYTES = 16 * 1024 * 1024;

/** What a move copies. */
export interface InUse {
  readonly map: UsedMap;
  /** Why every block is copied; undefined if only blocks in use are. */
  readonly doubt: string | undefined;
}

/**
 * The positions of a file system that a move must copy: the union of what its block bitmaps call allocated and of what
 * its inodes reach. Only the bitmaps contain reserved blocks, which a walk does not find; only a walk finds blocks that a
 * damaged bitmap lost. If either cannot be trusted, every block is copied. So it is with a journal that must be replayed:
 * blocks that the replay will allocate look free on the disk.
 *
 * @throws errors of the source
 */
export async function blocksInUse(fs: Filesystem): Promise<InUse> {
  const { blockSize, blocksCount } = fs;
  const doubt = stateDoubt(fs);
  if (doubt !== undefined) return { map: Float64Array.of(0, blocksCount * blockSize), doubt };
  const map = new MapBuilder({ maxBytes: NEW_MAP_BYTES });
  map.add({ from: 0, to: Math.max(fs.superblock.firstDataBlock * blockSize, HEAD_OFFSET + SECTOR) });
  const window = new BlockSet({ maxBytes: WINDOW_BYTES, whenFull: 'cut' });
  // If the blocks are too scattered to fit in one window, each window needs a walk of its own.
  for (let from = 0; from < blocksCount; from = window.end) {
    window.restart(from);
    const problem = await inBatches(collect(fs, window));
    if (problem !== undefined) return { map: Float64Array.of(0, blocksCount * blockSize), doubt: problem };
    for (const { start, count } of window.runs()) map.add({ from: start * blockSize, to: (start + count) * blockSize });
  }
  return { map: map.done(), doubt: undefined };
}

function stateDoubt(fs: Filesystem): string | undefined {
  if (hasIncompat(fs.superblock, 'recover')) return 'its journal was not replayed';
  return fs.superblock.state === STATE_CLEAN ? undefined : 'it was not unmounted cleanly or has errors';
}

/** @returns the first problem; undefined if nothing is wrong */
function* collect(fs: Filesystem, window: BlockSet): Generator<void, string | undefined> {
  let first: string | undefined;
  const onProblem = ({ message }: { readonly message: string }): void => {
    first ??= message;
  };
  yield* selectSteps(fs, { selection: 'complete', allData: true, wholeTables: true, onProblem }, { into: window });
  yield* addAllocated(fs, window, onProblem);
  return first;
}

/** Add the blocks that the block bitmaps call allocated, as far as the set covers them. */
function* addAllocated(
  fs: Filesystem,
  blocks: BlockSet,
  onProblem: (problem: { readonly message: string }) => void,
): Generator<void> {
  const { superblock: sb, blocksCount, blockSize } = fs;
  const uninit = uninitBlockBitmaps(sb, (group) => fs.groupDesc(group));
  const block = new Uint8Array(blockSize);
  const bitmap = block.subarray(0, sb.clustersPerGroup / 8);
  for (let group = 0; group < fs.groupCount; group++) {
    const first = groupFirstBlock(sb, group);
    if (group % 64 === 63) yield;
    if (first >= blocks.end || first + sb.blocksPerGroup <= blocks.from) continue;
    const known = uninit(group) ?? (readBitmap(fs, group, block, onProblem) ? bitmapRuns(bitmap) : []);
    for (const { start, count } of known) {
      const from = first + start * sb.clusterRatio;
      const to = Math.min(from + count * sb.clusterRatio, blocksCount);
      if (from < to) blocks.add(from, to - from);
    }
  }
}

/** @returns false if no bit is set, or if the bitmap cannot be read */
function readBitmap(
  fs: Filesystem,
  group: number,
  into: Uint8Array,
  onProblem: (problem: { readonly message: string }) => void,
): boolean {
  const { blockBitmap } = fs.groupDesc(group);
  if (blockBitmap < fs.superblock.firstDataBlock || blockBitmap >= fs.blocksCount) {
    onProblem({ message: `group ${group}: block ${blockBitmap} cannot be its block bitmap` });
    return false;
  }
  const extent = fs.source.extentAt?.(blockBitmap * fs.blockSize);
  if (extent?.kind === 'hole' && extent.length >= fs.blockSize) return false;
  try {
    fs.readBlocks(into, blockBitmap);
    return true;
  } catch (error) {
    // Bugs are rethrown. A block that cannot be read stops the move when it is copied.
    if (!isExtError(error) && codeOf(error) === undefined) throw error;
    onProblem({ message: `block bitmap of group ${group}: block ${blockBitmap} cannot be read` });
    return false;
  }
}
