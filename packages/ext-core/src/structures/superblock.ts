import { ExtError } from '../bytes/errors.ts';
import { type BytesField, blockNumber, bytes, type Field, safeU64, u8, u16, u32, u64 } from '../bytes/field.ts';
import { nulTerminatedText } from '../bytes/text.ts';
import { COMPAT, INCOMPAT, RO_COMPAT, SUPPORTED_INCOMPAT } from './features.ts';
import { GOOD_OLD_INODE_SIZE } from './inode.ts';

/** Bytes of a superblock. */
export const SUPERBLOCK_SIZE = 1024;
/** Byte offset of the primary superblock, whatever the block size. */
export const SUPERBLOCK_OFFSET = 1024;
export const EXT_MAGIC = 0xef53;
/** Block sizes that a file system can have. */
export const BLOCK_SIZES = [1024, 2048, 4096, 8192, 16384, 32768, 65536] as const;

/**
 * `struct ext4_super_block`, keyed by the kernel's own field names.
 * Source: kernel Documentation/filesystems/ext4/super.rst.
 */
export const superblockLayout = {
  s_inodes_count: u32(0x00),
  s_blocks_count_lo: u32(0x04),
  s_r_blocks_count_lo: u32(0x08),
  s_free_blocks_count_lo: u32(0x0c),
  s_free_inodes_count: u32(0x10),
  s_first_data_block: u32(0x14),
  s_log_block_size: u32(0x18),
  s_log_cluster_size: u32(0x1c),
  s_blocks_per_group: u32(0x20),
  s_clusters_per_group: u32(0x24),
  s_inodes_per_group: u32(0x28),
  s_mtime: u32(0x2c),
  s_wtime: u32(0x30),
  s_mnt_count: u16(0x34),
  s_max_mnt_count: u16(0x36),
  s_magic: u16(0x38),
  s_state: u16(0x3a),
  s_errors: u16(0x3c),
  s_minor_rev_level: u16(0x3e),
  s_lastcheck: u32(0x40),
  s_checkinterval: u32(0x44),
  s_creator_os: u32(0x48),
  s_rev_level: u32(0x4c),
  s_def_resuid: u16(0x50),
  s_def_resgid: u16(0x52),
  s_first_ino: u32(0x54),
  s_inode_size: u16(0x58),
  s_block_group_nr: u16(0x5a),
  s_feature_compat: u32(0x5c),
  s_feature_incompat: u32(0x60),
  s_feature_ro_compat: u32(0x64),
  s_uuid: bytes(0x68, 16),
  s_volume_name: bytes(0x78, 16),
  s_last_mounted: bytes(0x88, 64),
  s_algorithm_usage_bitmap: u32(0xc8),
  s_prealloc_blocks: u8(0xcc),
  s_prealloc_dir_blocks: u8(0xcd),
  s_reserved_gdt_blocks: u16(0xce),
  s_journal_uuid: bytes(0xd0, 16),
  s_journal_inum: u32(0xe0),
  s_journal_dev: u32(0xe4),
  s_last_orphan: u32(0xe8),
  s_hash_seed: bytes(0xec, 16),
  s_def_hash_version: u8(0xfc),
  s_jnl_backup_type: u8(0xfd),
  s_desc_size: u16(0xfe),
  s_default_mount_opts: u32(0x100),
  s_first_meta_bg: u32(0x104),
  s_mkfs_time: u32(0x108),
  s_jnl_blocks: bytes(0x10c, 68),
  s_blocks_count_hi: u32(0x150),
  s_r_blocks_count_hi: u32(0x154),
  s_free_blocks_count_hi: u32(0x158),
  s_min_extra_isize: u16(0x15c),
  s_want_extra_isize: u16(0x15e),
  s_flags: u32(0x160),
  s_raid_stride: u16(0x164),
  s_mmp_interval: u16(0x166),
  s_mmp_block_lo: u32(0x168),
  s_mmp_block_hi: u32(0x16c),
  s_raid_stripe_width: u32(0x170),
  s_log_groups_per_flex: u8(0x174),
  s_checksum_type: u8(0x175),
  s_encryption_level: u8(0x176),
  s_reserved_pad: u8(0x177),
  s_kbytes_written_lo: u32(0x178),
  s_kbytes_written_hi: u32(0x17c),
  s_snapshot_inum: u32(0x180),
  s_snapshot_id: u32(0x184),
  s_snapshot_r_blocks_count: u64(0x188),
  s_snapshot_list: u32(0x190),
  s_error_count: u32(0x194),
  s_first_error_time: u32(0x198),
  s_first_error_ino: u32(0x19c),
  s_first_error_block: u64(0x1a0),
  s_first_error_func: bytes(0x1a8, 32),
  s_first_error_line: u32(0x1c8),
  s_last_error_time: u32(0x1cc),
  s_last_error_ino: u32(0x1d0),
  s_last_error_line: u32(0x1d4),
  s_last_error_block: u64(0x1d8),
  s_last_error_func: bytes(0x1e0, 32),
  s_mount_opts: bytes(0x200, 64),
  s_usr_quota_inum: u32(0x240),
  s_grp_quota_inum: u32(0x244),
  s_overhead_clusters: u32(0x248),
  s_backup_bg_0: u32(0x24c),
  s_backup_bg_1: u32(0x250),
  s_encrypt_algos: bytes(0x254, 4),
  s_encrypt_pw_salt: bytes(0x258, 16),
  s_lpf_ino: u32(0x268),
  s_prj_quota_inum: u32(0x26c),
  s_checksum_seed: u32(0x270),
  s_wtime_hi: u8(0x274),
  s_mtime_hi: u8(0x275),
  s_mkfs_time_hi: u8(0x276),
  s_lastcheck_hi: u8(0x277),
  s_first_error_time_hi: u8(0x278),
  s_last_error_time_hi: u8(0x279),
  s_first_error_errcode: u8(0x27a),
  s_last_error_errcode: u8(0x27b),
  s_encoding: u16(0x27c),
  s_encoding_flags: u16(0x27e),
  s_orphan_file_inum: u32(0x280),
  s_reserved: bytes(0x284, 376),
  s_checksum: u32(0x3fc),
} as const satisfies Record<string, Field | BytesField>;

/** Value of `s_state` after a clean unmount, with no error known: the one bit, alone. */
export const STATE_CLEAN = 1;

/** What the program needs of a superblock. Block numbers and counts are in blocks unless the name says otherwise. */
export interface Superblock {
  readonly blocksCount: number;
  readonly inodesCount: number;
  readonly firstDataBlock: number;
  /** Bytes. */
  readonly blockSize: number;
  /** Blocks per allocation unit: 1 without bigalloc. */
  readonly clusterRatio: number;
  readonly blocksPerGroup: number;
  readonly clustersPerGroup: number;
  readonly inodesPerGroup: number;
  /** Bytes of an inode in the table: 128 in revision 0. */
  readonly inodeSize: number;
  /** Bytes of a group descriptor: 32 without the 64bit feature. */
  readonly descSize: number;
  readonly groupCount: number;
  readonly reservedGdtBlocks: number;
  readonly firstMetaBg: number;
  /** Feature words; zero in revision 0. Bits: features.ts. */
  readonly compat: number;
  readonly incompat: number;
  readonly roCompat: number;
  /** Groups with a superblock copy under sparse_super2; 0 = none. */
  readonly backupGroups: readonly [number, number];
  /** `s_state`. STATE_CLEAN, or with other bits when it was not unmounted or has errors. */
  readonly state: number;
  /** `s_flags`: among others, whether directory hashes take characters as signed. */
  readonly flags: number;
  /** `s_checksum_seed`; counts with the csum_seed feature only. */
  readonly checksumSeed: number;
  /** 16 bytes, as stored: what the hashes of directory indexes start from. */
  readonly hashSeed: Uint8Array;
  readonly journalInode: number;
  /** 16 bytes, as stored: the journal on a device of its own. Zeros without one. */
  readonly journalUuid: Uint8Array;
  readonly projectQuotaInode: number;
  readonly orphanFileInode: number;
  /** Head of the list of inodes that were unlinked while open; 0 = none. */
  readonly lastOrphan: number;
  /** Block number; counts with the mmp feature only. */
  readonly mmpBlock: number;
  /** 16 bytes, as stored. */
  readonly uuid: Uint8Array;
  readonly volumeName: string;
  /** The folder that the file system was last mounted on. */
  readonly lastMounted: string;
  /** When the file system was last written, in seconds since 1970. */
  readonly writtenAt: number;
  /** The group that contains this copy of the superblock. */
  readonly blockGroupNr: number;
}

/**
 * Decode and check a superblock. The checks are those that every later number relies on; after them all block numbers
 * of the file system, in bytes, are exact.
 *
 * @param raw 1,024 bytes, kept by reference in `uuid`, `hashSeed` and `journalUuid`
 * @throws ExtError EXT_BAD_MAGIC, EXT_REVISION, EXT_UNSUPPORTED_FEATURE, EXT_CORRUPT_SUPERBLOCK, EXT_DESC_SIZE,
 *   EXT_TOO_LARGE; `detail.field` names the field
 */
export function readSuperblock(raw: Uint8Array): Superblock {
  const view = new DataView(raw.buffer, raw.byteOffset, SUPERBLOCK_SIZE);
  const f = superblockLayout;
  checkIdentity(view);
  const geometry = readGeometry(view);
  const dynamic = f.s_rev_level.get(view, 0) > 0;
  const incompat = dynamic ? f.s_feature_incompat.get(view, 0) : 0;
  const is64 = (incompat & INCOMPAT['64bit']) !== 0;
  const blocksCount = safeU64(is64 ? f.s_blocks_count_hi.get(view, 0) : 0, f.s_blocks_count_lo.get(view, 0));
  const firstDataBlock = f.s_first_data_block.get(view, 0);
  const blocksPerGroup = f.s_blocks_per_group.get(view, 0);
  const sb: Superblock = {
    blocksCount,
    inodesCount: f.s_inodes_count.get(view, 0),
    firstDataBlock,
    ...geometry,
    blocksPerGroup,
    clustersPerGroup: f.s_clusters_per_group.get(view, 0),
    inodesPerGroup: f.s_inodes_per_group.get(view, 0),
    descSize: is64 ? f.s_desc_size.get(view, 0) : 32,
    groupCount: Math.ceil((blocksCount - firstDataBlock) / blocksPerGroup),
    reservedGdtBlocks: f.s_reserved_gdt_blocks.get(view, 0),
    firstMetaBg: f.s_first_meta_bg.get(view, 0),
    compat: dynamic ? f.s_feature_compat.get(view, 0) : 0,
    incompat,
    roCompat: dynamic ? f.s_feature_ro_compat.get(view, 0) : 0,
    backupGroups: [f.s_backup_bg_0.get(view, 0), f.s_backup_bg_1.get(view, 0)],
    state: f.s_state.get(view, 0),
    flags: f.s_flags.get(view, 0),
    checksumSeed: f.s_checksum_seed.get(view, 0),
    hashSeed: f.s_hash_seed.get(view, 0),
    journalInode: f.s_journal_inum.get(view, 0),
    journalUuid: f.s_journal_uuid.get(view, 0),
    projectQuotaInode: f.s_prj_quota_inum.get(view, 0),
    orphanFileInode: f.s_orphan_file_inum.get(view, 0),
    lastOrphan: f.s_last_orphan.get(view, 0),
    mmpBlock: blockNumber(f.s_mmp_block_hi.get(view, 0), f.s_mmp_block_lo.get(view, 0)),
    uuid: f.s_uuid.get(view, 0),
    volumeName: nulTerminatedText(f.s_volume_name.get(view, 0)),
    lastMounted: nulTerminatedText(f.s_last_mounted.get(view, 0)),
    writtenAt: blockNumber(f.s_wtime_hi.get(view, 0), f.s_wtime.get(view, 0)),
    blockGroupNr: f.s_block_group_nr.get(view, 0),
  };
  checkCounts(sb);
  return sb;
}

const corrupt = (field: keyof typeof superblockLayout, value: number | string): ExtError =>
  new ExtError('EXT_CORRUPT_SUPERBLOCK', `superblock: ${field} is ${value}`, { detail: { field } });

/** Whether 1,024 bytes have the magic number of a superblock. False for fewer bytes; nothing else is checked. */
export const hasExtMagic = (raw: Uint8Array): boolean =>
  raw.length >= SUPERBLOCK_SIZE &&
  superblockLayout.s_magic.get(new DataView(raw.buffer, raw.byteOffset, SUPERBLOCK_SIZE), 0) === EXT_MAGIC;

function checkIdentity(view: DataView): void {
  const f = superblockLayout;
  const magic = f.s_magic.get(view, 0);
  if (magic !== EXT_MAGIC) {
    throw new ExtError('EXT_BAD_MAGIC', `superblock: magic number is 0x${magic.toString(16)}, not 0xef53`, {
      detail: { field: 's_magic' },
    });
  }
  const revision = f.s_rev_level.get(view, 0);
  if (revision > 1) {
    throw new ExtError('EXT_REVISION', `superblock: s_rev_level is ${revision}, at most 1 is known`, {
      detail: { field: 's_rev_level' },
    });
  }
  const unknown = (revision === 0 ? 0 : f.s_feature_incompat.get(view, 0) & ~SUPPORTED_INCOMPAT) >>> 0;
  if (unknown !== 0) {
    const name = Object.entries(INCOMPAT).find(([, bit]) => bit === unknown)?.[0];
    throw new ExtError(
      'EXT_UNSUPPORTED_FEATURE',
      `superblock: incompatible feature 0x${unknown.toString(16)}${name ? ` (${name})` : ''} is not supported`,
      { detail: { field: 's_feature_incompat' } },
    );
  }
}

const isPowerOfTwo = (value: number): boolean => value > 0 && Number.isInteger(Math.log2(value));

/** The sizes, checked before anything is shifted or divided by them. */
function readGeometry(view: DataView): Pick<Superblock, 'blockSize' | 'clusterRatio' | 'inodeSize'> {
  const f = superblockLayout;
  const dynamic = f.s_rev_level.get(view, 0) > 0;
  const bit = (field: Field, mask: number): boolean => dynamic && (field.get(view, 0) & mask) !== 0;
  const logBlock = f.s_log_block_size.get(view, 0);
  if (logBlock > 6) throw corrupt('s_log_block_size', logBlock);
  const logCluster = f.s_log_cluster_size.get(view, 0);
  const bigalloc = bit(f.s_feature_ro_compat, RO_COMPAT.bigalloc);
  if (logCluster > 19 || logCluster < logBlock || (!bigalloc && logCluster !== logBlock)) {
    throw corrupt('s_log_cluster_size', logCluster);
  }
  const flex = f.s_log_groups_per_flex.get(view, 0);
  if (flex > 31) throw corrupt('s_log_groups_per_flex', flex);
  const blockSize = 1024 << logBlock;
  const inodeSize = dynamic ? f.s_inode_size.get(view, 0) : GOOD_OLD_INODE_SIZE;
  if (inodeSize < GOOD_OLD_INODE_SIZE || inodeSize > blockSize || !isPowerOfTwo(inodeSize))
    throw corrupt('s_inode_size', inodeSize);
  const clusterRatio = 2 ** (logCluster - logBlock);
  const perGroup = f.s_blocks_per_group.get(view, 0);
  if (
    perGroup < 8 ||
    perGroup > 65528 * clusterRatio ||
    perGroup !== f.s_clusters_per_group.get(view, 0) * clusterRatio
  ) {
    throw corrupt('s_blocks_per_group', perGroup);
  }
  const inodesPerGroup = f.s_inodes_per_group.get(view, 0);
  const inodesPerBlock = blockSize / inodeSize;
  if (inodesPerGroup === 0 || Math.ceil(inodesPerGroup / inodesPerBlock) > 65536 - inodesPerBlock) {
    throw corrupt('s_inodes_per_group', inodesPerGroup);
  }
  const descSize = f.s_desc_size.get(view, 0);
  if (bit(f.s_feature_incompat, INCOMPAT['64bit']) && (descSize < 64 || descSize > 1024 || !isPowerOfTwo(descSize))) {
    throw new ExtError('EXT_DESC_SIZE', `superblock: s_desc_size is ${descSize}`, { detail: { field: 's_desc_size' } });
  }
  return { blockSize, clusterRatio, inodeSize };
}

/** What needs several decoded numbers at once. */
function checkCounts(sb: Superblock): void {
  if (sb.firstDataBlock >= sb.blocksCount) throw corrupt('s_first_data_block', sb.firstDataBlock);
  if (!Number.isSafeInteger(sb.blocksCount * sb.blockSize)) {
    throw new ExtError('EXT_TOO_LARGE', `superblock: ${sb.blocksCount} blocks exceed 2^53 - 1 bytes`, {
      detail: { field: 's_blocks_count_hi' },
    });
  }
  if (sb.groupCount >= 2 ** 32) throw corrupt('s_blocks_count_hi', sb.blocksCount);
  if (sb.groupCount * sb.inodesPerGroup !== sb.inodesCount) throw corrupt('s_inodes_count', sb.inodesCount);
  if (hasIncompat(sb, 'meta_bg') && sb.firstMetaBg > descBlockCount(sb)) {
    throw corrupt('s_first_meta_bg', sb.firstMetaBg);
  }
}

/** Blocks that hold group descriptors, one copy of each. */
export const descBlockCount = (sb: Superblock): number => Math.ceil(sb.groupCount / (sb.blockSize / sb.descSize));

export const hasCompat = (sb: Superblock, feature: keyof typeof COMPAT): boolean => (sb.compat & COMPAT[feature]) !== 0;
export const hasIncompat = (sb: Superblock, feature: keyof typeof INCOMPAT): boolean =>
  (sb.incompat & INCOMPAT[feature]) !== 0;
export const hasRoCompat = (sb: Superblock, feature: keyof typeof RO_COMPAT): boolean =>
  (sb.roCompat & RO_COMPAT[feature]) !== 0;

/** Whether descriptors carry checksums, without which their UNINIT flags and itable_unused mean nothing. */
export const hasGroupChecksums = (sb: Superblock): boolean =>
  hasRoCompat(sb, 'gdt_csum') || hasRoCompat(sb, 'metadata_csum');
