import { filesystemSeed, groupDescChecksum, groupDescCrc16, superblockChecksum } from '../structures/checksum.ts';
import { BG_BLOCK_UNINIT, BG_INODE_UNINIT, groupDescLayout } from '../structures/group-desc.ts';
import { hasGroupChecksums, hasRoCompat, type Superblock, superblockLayout } from '../structures/superblock.ts';
import type { DescTable } from './desc-table.ts';
import type { Filesystem } from './filesystem.ts';

/** Whether the checksum in a superblock of 1,024 bytes fits. True where the format has none. */
export function isSuperblockIntact(sb: Superblock, raw: Uint8Array): boolean {
  if (!hasRoCompat(sb, 'metadata_csum')) return true;
  const view = new DataView(raw.buffer, raw.byteOffset, raw.length);
  return superblockLayout.s_checksum.get(view, 0) === superblockChecksum(raw);
}

/** The checksums of group descriptors. */
export interface DescChecksums {
  /** What `bg_checksum` of descriptor `index` of a view should be, for that of `group`. */
  compute(view: DataView, index: number, group: number): number;
  /** Whether that of `group` in the table is what it should be. Always true where the format has none. */
  isIntact(group: number): boolean;
}

/** The checksums of a table of descriptors, which is borrowed and read again at each call. */
export function descChecksums(sb: Superblock, table: DescTable): DescChecksums {
  const seed = filesystemSeed(sb);
  const { descSize } = sb;
  const hasCrc32 = hasRoCompat(sb, 'metadata_csum');
  const hasAny = hasGroupChecksums(sb);
  const compute = (view: DataView, index: number, group: number): number => {
    const desc = new Uint8Array(view.buffer, view.byteOffset + index * descSize, descSize);
    return hasCrc32 ? groupDescChecksum(seed, group, desc) : groupDescCrc16(sb.uuid, group, desc);
  };
  return {
    compute,
    isIntact(group) {
      if (!hasAny) return true;
      const { view, first } = table.window(group);
      const stored = groupDescLayout.bg_checksum.get(view, (group - first) * descSize);
      return stored === compute(view, group - first, group);
    },
  };
}

/**
 * The file system as e2fsck sees it: a descriptor with a wrong checksum is not trusted where it says that blocks or
 * inodes were never used.
 */
export function distrusting(fs: Filesystem): Filesystem {
  if (!hasGroupChecksums(fs.superblock)) return fs;
  const checksums = descChecksums(fs.superblock, fs.descTable);
  return {
    ...fs,
    groupDesc(group) {
      const desc = fs.groupDesc(group);
      if (checksums.isIntact(group)) return desc;
      return { ...desc, flags: desc.flags & ~(BG_INODE_UNINIT | BG_BLOCK_UNINIT), itableUnused: 0 };
    },
  };
}
