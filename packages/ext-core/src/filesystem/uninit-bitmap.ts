import type { BlockRun } from '../bytes/block-run.ts';
import { BG_BLOCK_UNINIT, type GroupDesc } from '../structures/group-desc.ts';
import { descsPerBlock, groupFirstBlock, hasSuperblockCopy, superblockCopyBlock } from '../structures/group-layout.ts';
import { descBlockCount, hasGroupChecksums, hasIncompat, type Superblock } from '../structures/superblock.ts';
import { inodeTableBlocks } from './inode-table.ts';

/**
 * The superblock and descriptor blocks at the head of a group, reserved ones too.
 * Source: kernel Documentation/filesystems/ext4/blockgroup.rst, "Layout", "Meta Block Groups".
 */
function headRuns(sb: Superblock, group: number): BlockRun[] {
  const runs: BlockRun[] = [];
  const hasCopy = hasSuperblockCopy(sb, group);
  const head = superblockCopyBlock(sb, group);
  if (hasCopy) runs.push({ start: head, count: 1 });
  const after = hasCopy ? head + 1 : head;
  const metaBg = hasIncompat(sb, 'meta_bg');
  if (!metaBg || Math.floor(group / descsPerBlock(sb)) < sb.firstMetaBg) {
    const count = metaBg ? sb.firstMetaBg : descBlockCount(sb) + sb.reservedGdtBlocks;
    if (hasCopy && count > 0) runs.push({ start: after, count });
  } else if ([0, 1, descsPerBlock(sb) - 1].includes(group % descsPerBlock(sb))) {
    runs.push({ start: after, count: 1 });
  }
  return runs;
}

/** All metadata that belongs to one group: with flex_bg some of it is in other groups. */
function metadataRuns(sb: Superblock, group: number, desc: GroupDesc): BlockRun[] {
  const runs = headRuns(sb, group);
  if (desc.inodeTable !== 0) runs.push({ start: desc.inodeTable, count: inodeTableBlocks(sb) });
  for (const block of [desc.blockBitmap, desc.inodeBitmap]) if (block !== 0) runs.push({ start: block, count: 1 });
  return runs;
}

const isBlockUninit = (desc: GroupDesc): boolean => (desc.flags & BG_BLOCK_UNINIT) !== 0;

/**
 * The block bitmaps that were never written: a group with the flag BLOCK_UNINIT uses only the blocks that contain the
 * metadata of such groups.
 *
 * @param groupDesc called once for each group; impossible locations in it are ignored
 * @returns the bits of group `group` to set, as runs of bit numbers (clusters); undefined for a group whose bitmap
 *   is on the disk
 * Source: e2fsprogs lib/ext2fs/rw_bitmaps.c, behaviour on reading
 */
export function uninitBlockBitmaps(
  sb: Superblock,
  groupDesc: (group: number) => GroupDesc,
): (group: number) => readonly BlockRun[] | undefined {
  const bits = new Map<number, BlockRun[]>();
  if (!hasGroupChecksums(sb)) return () => undefined;
  const uninit: [number, GroupDesc][] = [];
  for (let group = 0; group < sb.groupCount; group++) {
    const desc = groupDesc(group);
    if (!isBlockUninit(desc)) continue;
    bits.set(group, []);
    uninit.push([group, desc]);
  }
  for (const [group, desc] of uninit) {
    for (const run of metadataRuns(sb, group, desc)) {
      if (run.start < sb.firstDataBlock || run.start + run.count > sb.blocksCount) continue;
      for (const piece of byGroup(sb, run)) bits.get(piece.group)?.push(clusterBits(sb, piece));
    }
  }
  return (group) => bits.get(group);
}

interface GroupPiece extends BlockRun {
  readonly group: number;
}

/** Cut a run where groups end. */
function* byGroup(sb: Superblock, run: BlockRun): Generator<GroupPiece> {
  const end = run.start + run.count;
  for (let start = run.start; start < end; ) {
    const group = Math.floor((start - sb.firstDataBlock) / sb.blocksPerGroup);
    const count = Math.min(end, groupFirstBlock(sb, group + 1)) - start;
    yield { group, start, count };
    start += count;
  }
}

function clusterBits(sb: Superblock, { group, start, count }: GroupPiece): BlockRun {
  const at = start - groupFirstBlock(sb, group);
  const first = Math.floor(at / sb.clusterRatio);
  return { start: first, count: Math.ceil((at + count) / sb.clusterRatio) - first };
}
