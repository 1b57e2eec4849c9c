import { TinyFilesystem, tinySuperblock } from '../testing/tiny-filesystem.ts';
import { INCOMPAT, RO_COMPAT } from './features.ts';
import {
  descBlockCount,
  hasCompat,
  hasGroupChecksums,
  hasIncompat,
  hasRoCompat,
  readSuperblock,
  type Superblock,
  superblockLayout,
} from './superblock.ts';

type Fields = Readonly<Partial<Record<keyof typeof superblockLayout, number | string>>>;

/** The superblock of a tiny file system with other values in some fields. */
function superblock(fields: Fields): Superblock {
  const tiny = new TinyFilesystem();
  for (const [name, value] of Object.entries(fields)) {
    const field = superblockLayout[name as keyof typeof superblockLayout];
    if ('set' in field && typeof value === 'number') field.set(tiny.view, 1024, value);
    else if (!('set' in field)) field.get(tiny.view, 1024).set(new TextEncoder().encode(`${value}`));
  }
  return readSuperblock(tiny.bytes.subarray(1024, 2048));
}

const text = (value: string, size = 16): Uint8Array => {
  const bytes = new Uint8Array(size);
  bytes.set(new TextEncoder().encode(value));
  return bytes;
};

test('every value comes from its field', () => {
  const fields: Fields = {
    s_reserved_gdt_blocks: 11,
    s_first_meta_bg: 12,
    s_feature_compat: 0x10,
    s_backup_bg_0: 13,
    s_backup_bg_1: 14,
    s_state: 15,
    s_flags: 16,
    s_checksum_seed: 17,
    s_journal_inum: 18,
    s_prj_quota_inum: 19,
    s_orphan_file_inum: 20,
    s_last_orphan: 21,
    s_mmp_block_lo: 22,
    s_mmp_block_hi: 1,
    s_wtime: 23,
    s_wtime_hi: 2,
    s_block_group_nr: 24,
    s_uuid: 'uuid of 16 bytes',
    s_hash_seed: 'seed',
    s_journal_uuid: 'other journal',
    s_volume_name: 'a label',
    s_last_mounted: '/mnt',
  };
  expect(superblock(fields)).toEqual({
    blocksCount: 513,
    inodesCount: 64,
    firstDataBlock: 1,
    blockSize: 1024,
    clusterRatio: 1,
    blocksPerGroup: 256,
    clustersPerGroup: 256,
    inodesPerGroup: 32,
    inodeSize: 128,
    descSize: 32,
    groupCount: 2,
    reservedGdtBlocks: 11,
    firstMetaBg: 12,
    compat: 0x10,
    incompat: 0x42,
    roCompat: 1,
    backupGroups: [13, 14],
    state: 15,
    flags: 16,
    checksumSeed: 17,
    hashSeed: text('seed'),
    journalInode: 18,
    journalUuid: text('other journal'),
    projectQuotaInode: 19,
    orphanFileInode: 20,
    lastOrphan: 21,
    mmpBlock: 2 ** 32 + 22,
    uuid: text('uuid of 16 bytes'),
    volumeName: 'a label',
    lastMounted: '/mnt',
    writtenAt: 2 * 2 ** 32 + 23,
    blockGroupNr: 24,
  });
});

test('revision 0 has no features, and inodes of 128 bytes', () => {
  const fields = { s_rev_level: 0, s_feature_compat: 1, s_feature_incompat: 0x8000_0000, s_feature_ro_compat: 1 };
  const sb = superblock({ ...fields, s_inode_size: 999 });
  expect(sb).toMatchObject({ compat: 0, incompat: 0, roCompat: 0, inodeSize: 128, descSize: 32 });
});

test('the 64bit feature brings the high half of the block count, and large descriptors', () => {
  const is64 = { s_feature_incompat: INCOMPAT['64bit'], s_desc_size: 64 };
  const groups = 2 ** 24;
  const blocks = 1 + groups * 256;
  const sb = superblock({
    ...is64,
    s_blocks_count_lo: blocks % 2 ** 32,
    s_blocks_count_hi: Math.floor(blocks / 2 ** 32),
    s_inodes_count: groups * 32,
  });
  expect(sb).toMatchObject({ blocksCount: blocks, groupCount: groups, descSize: 64 });
  expect(descBlockCount(sb)).toBe((groups * 64) / 1024);
  expect(superblock({ s_blocks_count_hi: 1 })).toMatchObject({ blocksCount: 513 });
});

test('a part of a group is a group, and so is a part of a descriptor block a block', () => {
  const sb = superblock({ s_blocks_count_lo: 514, s_inodes_count: 96 });
  expect(sb.groupCount).toBe(3);
  expect(descBlockCount(sb)).toBe(1);
  expect(descBlockCount({ ...sb, groupCount: 32 })).toBe(1);
  expect(descBlockCount({ ...sb, groupCount: 33 })).toBe(2);
});

const BIGALLOC = { s_feature_ro_compat: RO_COMPAT.bigalloc };
const LARGE = { s_log_block_size: 6, s_log_cluster_size: 6 };
const IS_64 = { s_feature_incompat: INCOMPAT['64bit'] };

test.each<[string, Fields]>([
  ['blocks of 64 KiB', LARGE],
  ['clusters of four blocks', { ...BIGALLOC, s_log_cluster_size: 2, s_clusters_per_group: 64 }],
  ['31 groups in a flexible one', { s_log_groups_per_flex: 31 }],
  ['inodes as large as a block', { s_inode_size: 1024 }],
  ['descriptors of 1,024 bytes', { ...IS_64, s_desc_size: 1024 }],
  ['65,528 blocks per group', { s_blocks_per_group: 65528, s_clusters_per_group: 65528, s_inodes_count: 32 }],
])('%s are accepted', (_, fields) => expect(() => superblock(fields)).not.toThrow());

test('the cluster ratio is the quotient of the sizes', () => {
  expect(superblock({ ...BIGALLOC, s_log_cluster_size: 2, s_clusters_per_group: 64 }).clusterRatio).toBe(4);
});

test.each<[keyof typeof superblockLayout, Fields, string]>([
  ['s_magic', { s_magic: 0xef54 }, 'EXT_BAD_MAGIC'],
  ['s_rev_level', { s_rev_level: 2 }, 'EXT_REVISION'],
  ['s_feature_incompat', { s_feature_incompat: 0x8000_0000 }, 'EXT_UNSUPPORTED_FEATURE'],
  ['s_log_block_size', { s_log_block_size: 7, s_log_cluster_size: 7 }, 'EXT_CORRUPT_SUPERBLOCK'],
  ['s_log_cluster_size', { s_log_cluster_size: 1 }, 'EXT_CORRUPT_SUPERBLOCK'],
  ['s_log_cluster_size', { ...BIGALLOC, s_log_cluster_size: 20 }, 'EXT_CORRUPT_SUPERBLOCK'],
  ['s_log_cluster_size', { ...BIGALLOC, s_log_block_size: 1 }, 'EXT_CORRUPT_SUPERBLOCK'],
  ['s_log_groups_per_flex', { s_log_groups_per_flex: 32 }, 'EXT_CORRUPT_SUPERBLOCK'],
  ['s_inode_size', { s_inode_size: 64 }, 'EXT_CORRUPT_SUPERBLOCK'],
  ['s_inode_size', { s_inode_size: 192 }, 'EXT_CORRUPT_SUPERBLOCK'],
  ['s_inode_size', { s_inode_size: 2048 }, 'EXT_CORRUPT_SUPERBLOCK'],
  ['s_blocks_per_group', { s_blocks_per_group: 7, s_clusters_per_group: 7 }, 'EXT_CORRUPT_SUPERBLOCK'],
  ['s_blocks_per_group', { s_blocks_per_group: 65529, s_clusters_per_group: 65529 }, 'EXT_CORRUPT_SUPERBLOCK'],
  ['s_blocks_per_group', { s_clusters_per_group: 255 }, 'EXT_CORRUPT_SUPERBLOCK'],
  ['s_inodes_per_group', { s_inodes_per_group: 0 }, 'EXT_CORRUPT_SUPERBLOCK'],
  ['s_inodes_per_group', { s_inodes_per_group: 8 * 65536 }, 'EXT_CORRUPT_SUPERBLOCK'],
  ['s_desc_size', { ...IS_64, s_desc_size: 32 }, 'EXT_DESC_SIZE'],
  ['s_desc_size', { ...IS_64, s_desc_size: 96 }, 'EXT_DESC_SIZE'],
  ['s_desc_size', { ...IS_64, s_desc_size: 2048 }, 'EXT_DESC_SIZE'],
  ['s_first_data_block', { s_first_data_block: 513 }, 'EXT_CORRUPT_SUPERBLOCK'],
  ['s_inodes_count', { s_inodes_count: 63 }, 'EXT_CORRUPT_SUPERBLOCK'],
  ['s_blocks_count_hi', { ...IS_64, s_desc_size: 64, s_blocks_count_hi: 2 ** 10 }, 'EXT_CORRUPT_SUPERBLOCK'],
  ['s_blocks_count_hi', { ...IS_64, s_desc_size: 64, s_blocks_count_hi: 2 ** 20 }, 'EXT_TOO_LARGE'],
  ['s_first_meta_bg', { s_feature_incompat: INCOMPAT.meta_bg, s_first_meta_bg: 2 }, 'EXT_CORRUPT_SUPERBLOCK'],
])('an impossible %s is refused by name: %j', (field, fields, code) => {
  expect(() => superblock(fields)).toThrow(expect.objectContaining({ code, detail: { field } }));
});

test('features are bits of their words', () => {
  const sb: Superblock = { ...tinySuperblock(), compat: 0x4, incompat: 0x80, roCompat: 0x400 };
  expect([hasCompat(sb, 'has_journal'), hasCompat(sb, 'orphan_file')]).toEqual([true, false]);
  expect([hasIncompat(sb, '64bit'), hasIncompat(sb, 'mmp')]).toEqual([true, false]);
  expect([hasRoCompat(sb, 'metadata_csum'), hasRoCompat(sb, 'gdt_csum')]).toEqual([true, false]);
});

test.each([
  [RO_COMPAT.gdt_csum, true],
  [RO_COMPAT.metadata_csum, true],
  [RO_COMPAT.sparse_super, false],
])('features %i: descriptors have checksums: %p', (roCompat, has) => {
  expect(hasGroupChecksums({ ...tinySuperblock(), roCompat })).toBe(has);
});
