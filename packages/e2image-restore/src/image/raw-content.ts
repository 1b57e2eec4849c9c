import { Buffer } from 'node:buffer';
import {
  descChecksums,
  type Filesystem,
  inodeTableBlocks,
  openFilesystem,
  type Problem,
  usedTableBlocks,
} from '@e2image/ext-core';
import {
  BG_INODE_ZEROED,
  backupGroups,
  groupFirstBlock,
  hasGroupChecksums,
  primarySuperblockBlock,
} from '@e2image/ext-core/structures';
import { type BlockKind, BlockSet, type VisitRun, walkSteps } from '@e2image/ext-core/walk';
import { type ByteRange, inBatches, isZero, type Source } from '@e2image/sparse-io';
import { JoinedSegments } from '../base/joined-segments.ts';
import { arrange, without } from '../base/segments.ts';
import { superblockAt } from '../device/identity.ts';
import { type ImageContent, KindSets, wholeBlocks, withUnread, zeros } from './content.ts';

/** Bytes of one read. */
const UNIT = 256 * 1024;

/**
 * What a raw or QCOW2 image puts back: the metadata of its file system, found by a walk. Contents of files are not restored
 * even if the image has them; neither is the boot sector.
 *
 * Some blocks are only in complete images: backup superblocks and descriptors, attribute values in inodes, trees of
 * unlinked inodes. They are taken from a complete image only, and only if they are not zeros there: a block of zeros may
 * never have been saved.
 *
 * @param unread bytes of the image that were never read; ascending, disjoint
 * @throws ExtError when it contains no file system, and EXT_TOO_LARGE when its blocks are too scattered; RestoreError
 *   RESTORE_UNREAD when its superblock was never read, RESTORE_TOO_LARGE
 */
export async function rawContent(
  format: 'raw' | 'QCOW2',
  source: Source,
  unread: readonly ByteRange[],
): Promise<ImageContent> {
  const problems: Problem[] = [];
  const fs = openFilesystem(withUnread(source, unread), { onProblem: (problem) => problems.push(problem) });
  const kinds = new KindSets();
  const selected = await selectedBlocks(fs, source, kinds, (problem) => problems.push(problem));
  const { blockSize, blocksCount } = fs;
  const taken = new JoinedSegments();
  for (const { start, count } of selected.runs()) {
    taken.add('selected', { offset: start * blockSize, length: count * blockSize, source, from: start * blockSize });
  }
  const missing = wholeBlocks([...unread, ...beyondEnd(source, blocksCount * blockSize)], blockSize);
  const { kept, removed } = without(arrange(taken.list), missing);
  return {
    format,
    fs,
    superblock: fs.superblockBytes,
    // These zeros follow from the descriptors. No image has them, so they cannot be missing from it.
    segments: arrange([...kept, ...zeroedTables(fs, kinds).list]),
    kinds: kinds.sets,
    unread: removed,
    problems,
    hasJournal: true,
  };
}

/**
 * The unused parts of inode tables that are flagged as zeroed. No image contains them, but the kernel relies on their zeros
 * when it uses them later.
 */
function zeroedTables(fs: Filesystem, kinds: KindSets): JoinedSegments {
  const { superblock: sb, blockSize } = fs;
  const segments = new JoinedSegments();
  if (!hasGroupChecksums(sb)) return segments;
  const checksums = descChecksums(sb, fs.descTable);
  const source = zeros(fs.blocksCount * blockSize);
  const blocks = inodeTableBlocks(sb);
  for (let group = 0; group < fs.groupCount; group++) {
    const desc = fs.groupDesc(group);
    if ((desc.flags & BG_INODE_ZEROED) === 0 || !checksums.isIntact(group)) continue;
    if (desc.inodeTable <= primarySuperblockBlock(sb) || desc.inodeTable + blocks > fs.blocksCount) continue;
    const used = usedTableBlocks(sb, desc, true);
    if (used === blocks) continue;
    const start = desc.inodeTable + used;
    kinds.add('inode table', start, blocks - used);
    const offset = start * blockSize;
    segments.add('zeros', { offset, length: (blocks - used) * blockSize, source, from: offset });
  }
  return segments;
}

/** The bytes of a file system past the end of its image. */
function beyondEnd(source: Source, size: number): ByteRange[] {
  return source.size < size ? [{ offset: source.size, length: size - source.size }] : [];
}

/** Kinds that are the same in both selections: they are found once. */
const IN_BOTH: ReadonlySet<BlockKind> = new Set([
  'group descriptors',
  'inode table',
  'block bitmap',
  'inode bitmap',
  'journal',
  'quota file',
  'orphan file',
]);

/** Memory for a set of blocks: enough for more runs than a restore can have segments. */
const SELECTED_BYTES = 16 * 1024 * 1024;

/** The metadata blocks that the image has, except that of the primary superblock. */
async function selectedBlocks(
  fs: Filesystem,
  source: Source,
  kinds: KindSets,
  onProblem: (problem: Problem) => void,
): Promise<BlockSet> {
  const selected = new BlockSet({ maxBytes: SELECTED_BYTES });
  const primary = primarySuperblockBlock(fs.superblock);
  // The superblock is written on its own, last of all: nothing else may claim its block. The MMP block says which host
  // uses the device now; it does not belong to the state of the file system.
  const visitor =
    (take: VisitRun): VisitRun =>
    (kind, start, count, owner, logical) => {
      if (kind === 'MMP block') return;
      const from = Math.max(start, primary + 1);
      if (from < start + count) take(kind, from, start + count - from, owner, logical);
    };
  const always = visitor((kind, start, count) => {
    selected.add(start, count);
    kinds.add(kind, start, count);
  });
  await inBatches(walkSteps(fs, { selection: 'compat', allData: false, onProblem }, always));
  if (!isComplete(fs, source)) return selected;
  const extra = new BlockSet({ maxBytes: SELECTED_BYTES });
  const maybe = visitor((kind, start, count) => {
    if (IN_BOTH.has(kind)) return;
    for (let block = start; block < start + count; block++) if (!selected.has(block)) extra.add(block);
    kinds.add(kind, start, count);
  });
  await inBatches(walkSteps(fs, { selection: 'complete', allData: false }, maybe));
  for (const run of extra.runs()) for (const block of nonZero(fs, source, run.start, run.count)) selected.add(block);
  return selected;
}

/** Backups to look at: an image made from one backup superblock has that one, a complete image has all of them. */
const BACKUPS_CHECKED = 8;

/**
 * Whether an image is complete: then it has all backup superblocks. An image that the C tool wrote over an older file has
 * old data between its blocks, which must not be restored.
 */
function isComplete({ superblock: sb }: Filesystem, source: Source): boolean {
  return backupGroups(sb)
    .slice(0, BACKUPS_CHECKED)
    .every((group) => {
      const backup = superblockAt(source, groupFirstBlock(sb, group) * sb.blockSize);
      return backup?.sb.blockGroupNr === group && Buffer.compare(backup.sb.uuid, sb.uuid) === 0;
    });
}

/** Those of `count` blocks from `start` on that are not zeros. Blocks past the end of the image count as zeros. */
function* nonZero(fs: Filesystem, source: Source, start: number, count: number): Generator<number> {
  const { blockSize } = fs;
  const buffer = new Uint8Array(Math.max(UNIT, blockSize));
  const perRead = buffer.length / blockSize;
  const end = Math.min(start + count, Math.floor(source.size / blockSize));
  for (let block = start; block < end; ) {
    const extent = source.extentAt?.(block * blockSize);
    const hole = extent?.kind === 'hole' ? Math.floor(extent.length / blockSize) : 0;
    if (hole > 0) {
      block += hole;
      continue;
    }
    const bytes = buffer.subarray(0, Math.min(perRead, end - block) * blockSize);
    source.readAt(bytes, block * blockSize);
    for (let at = 0; at < bytes.length; at += blockSize) {
      if (!isZero(bytes.subarray(at, at + blockSize))) yield block + at / blockSize;
    }
    block += bytes.length / blockSize;
  }
}
