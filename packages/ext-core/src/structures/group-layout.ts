import { descBlockCount, hasCompat, hasIncompat, hasRoCompat, type Superblock } from './superblock.ts';

/** First block of group `group`. */
export const groupFirstBlock = (sb: Superblock, group: number): number => sb.firstDataBlock + group * sb.blocksPerGroup;

const isPowerOf = (value: number, base: number): boolean => {
  let power = base;
  while (power < value) power *= base;
  return power === value;
};

/**
 * Whether group `group` holds a copy of the superblock.
 * Source: kernel Documentation/filesystems/ext4/blockgroup.rst, "sparse_super"; super.rst, "s_backup_bgs".
 */
export function hasSuperblockCopy(sb: Superblock, group: number): boolean {
  if (group === 0) return true;
  if (hasCompat(sb, 'sparse_super2')) return sb.backupGroups.includes(group);
  if (!hasRoCompat(sb, 'sparse_super') || group === 1) return true;
  return group % 2 === 1 && (isPowerOf(group, 3) || isPowerOf(group, 5) || isPowerOf(group, 7));
}

/** Groups that hold a backup of the superblock, ascending. Steps by powers: no pass over all groups when sparse. */
export function backupGroups(sb: Superblock): number[] {
  const within = (group: number): boolean => group > 0 && group < sb.groupCount;
  if (hasCompat(sb, 'sparse_super2')) return [...new Set(sb.backupGroups)].filter(within).sort((a, b) => a - b);
  if (!hasRoCompat(sb, 'sparse_super')) return Array.from({ length: Math.max(0, sb.groupCount - 1) }, (_, i) => i + 1);
  const groups = new Set(within(1) ? [1] : []);
  for (const base of [3, 5, 7]) for (let group = base; within(group); group *= base) groups.add(group);
  return [...groups].sort((a, b) => a - b);
}

/**
 * Block of the primary superblock. With bigalloc and 1 KiB blocks `s_first_data_block` is 0, and the superblock, always
 * at byte 1024, is in block 1.
 */
export const primarySuperblockBlock = (sb: Superblock): number => (sb.blockSize === 1024 ? 1 : 0);

/** Block of the superblock copy in `group`, which must have one. */
export const superblockCopyBlock = (sb: Superblock, group: number): number =>
  group === 0 ? primarySuperblockBlock(sb) : groupFirstBlock(sb, group);

/** Descriptors in one descriptor block. */
export const descsPerBlock = (sb: Superblock): number => sb.blockSize / sb.descSize;

/**
 * Block that holds descriptor block `index`, as reached from the superblock in block `superblock`.
 *
 * Each superblock copy is followed by a copy of the first descriptor blocks. From `s_first_meta_bg` on a descriptor block
 * is in its own metablock group, with copies in the second and the last group of it.
 * Source: kernel Documentation/filesystems/ext4/blockgroup.rst, "Meta Block Groups".
 *
 * @param superblock the primary's block for the primary table; a backup's for its own table and, with meta_bg, for the
 *   copies in each metablock group's second group
 */
export function descBlockLocation(sb: Superblock, superblock: number, index: number): number {
  if (!hasIncompat(sb, 'meta_bg') || index < sb.firstMetaBg) return superblock + 1 + index;
  const group = index * descsPerBlock(sb);
  const second = superblock !== primarySuperblockBlock(sb) && groupFirstBlock(sb, group + 1) < sb.blocksCount;
  return metaBgCopy(sb, second ? group + 1 : group);
}

/** Where a group of a metablock group keeps its copy of the descriptor block. */
function metaBgCopy(sb: Superblock, group: number): number {
  const start = groupFirstBlock(sb, group);
  if (group === 0) return primarySuperblockBlock(sb) + 1;
  return start + (hasSuperblockCopy(sb, group) ? 1 : 0);
}

/** The copies of the descriptor blocks that the primary superblock does not use: `[block, count]` runs. */
export function backupDescRuns(sb: Superblock): [block: number, count: number][] {
  const blocks = descBlockCount(sb);
  const classic = hasIncompat(sb, 'meta_bg') ? Math.min(sb.firstMetaBg, blocks) : blocks;
  const runs: [number, number][] = [];
  if (classic > 0) for (const group of backupGroups(sb)) runs.push([groupFirstBlock(sb, group) + 1, classic]);
  for (let index = classic; index < blocks; index++) {
    for (const block of metaBgBackups(sb, index)) runs.push([block, 1]);
  }
  return runs;
}

/**
 * The blocks with a copy of descriptor block `index` in its own metablock group: in the second and in the last group of
 * it, as far as they exist. Empty for a descriptor block that does not belong to a metablock group.
 */
export function metaBgBackups(sb: Superblock, index: number): number[] {
  if (!hasIncompat(sb, 'meta_bg') || index < sb.firstMetaBg) return [];
  const first = index * descsPerBlock(sb);
  const end = Math.min(first + descsPerBlock(sb), sb.groupCount);
  const groups = new Set([first + 1, first + descsPerBlock(sb) - 1]);
  return [...groups].filter((group) => group > first && group < end).map((group) => metaBgCopy(sb, group));
}
