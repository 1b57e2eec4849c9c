import { filesystemSeed, groupDescChecksum, groupDescCrc16, superblockChecksum } from './checksum.ts';
import type { Filesystem } from './filesystem.ts';
import { BG_BLOCK_UNINIT, BG_INODE_UNINIT, groupDescLayout } from './group-desc.ts';
import { hasGroupChecksums, hasRoCompat, type Superblock, superblockLayout } from './superblock.ts';

/** Whether the checksum in a superblock of 1,024 bytes fits. True where the format has none. */
export function isSuperblockIntact(sb: Superblock, raw: Uint8Array): boolean {
  if (!hasRoCompat(sb, 'metadata_csum')) return true;
  const view = new DataView(raw.buffer, raw.byteOffset, raw.length);
  return superblockLayout.s_checksum.get(view, 0) === superblockChecksum(raw);
}

/** The group descriptors of one file system and the checksums in them. */
export interface DescChecksums {
  /** What `bg_checksum` of the descriptor of `group` should be. */
  compute(group: number): number;
  /** Whether it is. Always true where the format has none. */
  isIntact(group: number): boolean;
  /** Store what `compute` gives, where the format has a checksum. */
  store(group: number): void;
}

/**
 * The checksums of a table of descriptors, which is borrowed and read anew at each call.
 *
 * @param raw the superblock's 1,024 bytes
 */
export function descChecksums(sb: Superblock, raw: Uint8Array, table: DataView): DescChecksums {
  const seed = filesystemSeed(raw);
  const descOf = (group: number): Uint8Array =>
    new Uint8Array(table.buffer, table.byteOffset + group * sb.descSize, sb.descSize);
  const compute = hasRoCompat(sb, 'metadata_csum')
    ? (group: number): number => groupDescChecksum(seed, group, descOf(group))
    : (group: number): number => groupDescCrc16(sb.uuid, group, descOf(group));
  const field = groupDescLayout.bg_checksum;
  const hasAny = hasGroupChecksums(sb);
  return {
    compute,
    isIntact: (group) => !hasAny || field.get(table, group * sb.descSize) === compute(group),
    store(group) {
      if (hasAny) field.set(table, group * sb.descSize, compute(group));
    },
  };
}

/**
 * The file system as e2fsck sees it: what a descriptor with a wrong checksum says of blocks and inodes that were never
 * used is not believed.
 */
export function distrusting(fs: Filesystem): Filesystem {
  if (!hasGroupChecksums(fs.superblock)) return fs;
  const checksums = descChecksums(fs.superblock, fs.superblockBytes, fs.descTable);
  return {
    ...fs,
    groupDesc(group) {
      const desc = fs.groupDesc(group);
      if (checksums.isIntact(group)) return desc;
      return { ...desc, flags: desc.flags & ~(BG_INODE_UNINIT | BG_BLOCK_UNINIT), itableUnused: 0 };
    },
  };
}
