import { superblockLayout } from '@e2image/ext-core/structures';
import { memorySource } from '@e2image/sparse-io/testing';
import { identityReasons, superblockAt, superblocksOf } from './identity.ts';

const BLOCK = 1024;
const PER_GROUP = 256;
const f = superblockLayout;

/** A superblock of 2 groups of 256 blocks of 1 KiB, without checksums. */
function superblock({ uuid = 1, group = 0, blocks = 513 } = {}): Uint8Array {
  const raw = new Uint8Array(1024);
  const view = new DataView(raw.buffer);
  f.s_inodes_count.set(view, 0, Math.ceil((blocks - 1) / PER_GROUP) * 32);
  f.s_blocks_count_lo.set(view, 0, blocks);
  f.s_first_data_block.set(view, 0, 1);
  f.s_blocks_per_group.set(view, 0, PER_GROUP);
  f.s_clusters_per_group.set(view, 0, PER_GROUP);
  f.s_inodes_per_group.set(view, 0, 32);
  f.s_magic.set(view, 0, 0xef53);
  f.s_rev_level.set(view, 0, 1);
  f.s_inode_size.set(view, 0, 128);
  f.s_feature_ro_compat.set(view, 0, 1);
  f.s_block_group_nr.set(view, 0, group);
  f.s_uuid.get(view, 0).fill(uuid);
  return raw;
}

const BACKUP = (1 + PER_GROUP) * BLOCK;

function device(parts: { primary?: Uint8Array; backup?: Uint8Array }) {
  const bytes = new Uint8Array(600 * BLOCK);
  if (parts.primary) bytes.set(parts.primary, 1024);
  if (parts.backup) bytes.set(parts.backup, BACKUP);
  return memorySource(bytes);
}

function image() {
  const found = superblockAt(device({ primary: superblock() }), 1024);
  if (found === undefined) throw new Error('no superblock');
  return found.sb;
}

const reasons = (parts: Parameters<typeof device>[0]) =>
  identityReasons(superblocksOf(device(parts), image()), image());

test('the device that was imaged fits', () => {
  expect(reasons({ primary: superblock(), backup: superblock({ group: 1 }) })).toEqual([]);
});

test('a device without any superblock is allowed', () => {
  expect(reasons({})).toEqual([]);
});

test('the primary superblock may have another UUID', () => {
  expect(reasons({ primary: superblock({ uuid: 2 }) })).toEqual([
    expect.stringContaining('the superblock of the device has UUID 02020202-0202'),
  ]);
});

test('a backup may have another UUID, whether or not the primary fits', () => {
  const backup = superblock({ uuid: 2, group: 1 });
  const expected = [expect.stringContaining(`backup superblock at byte ${BACKUP} of the device has UUID 02020202`)];
  expect(reasons({ backup })).toEqual(expected);
  expect(reasons({ primary: superblock(), backup })).toEqual(expected);
});

test('what only looks like a backup, in the contents of a file, does not count', () => {
  expect(reasons({ primary: superblock(), backup: superblock({ uuid: 2, group: 0 }) })).toEqual([]);
});

test('the size must fit, too', () => {
  expect(reasons({ primary: superblock({ blocks: 257 }) })).toEqual([
    expect.stringContaining('the superblock of the device has 257 blocks of 1024 bytes, the image 513 of 1024'),
  ]);
});

describe('a file system with a backup in each of 20 groups', () => {
  /** A superblock without sparse_super. */
  const dense = (group: number, uuid = 1): Uint8Array => {
    const raw = superblock({ group, uuid, blocks: 1 + 20 * PER_GROUP });
    f.s_feature_ro_compat.set(new DataView(raw.buffer), 0, 0);
    return raw;
  };
  const reasonsFor = (...backups: readonly number[]): string[] => {
    const bytes = new Uint8Array((1 + 20 * PER_GROUP) * BLOCK);
    bytes.set(dense(0), 1024);
    const sb = superblockAt(memorySource(bytes), 1024)?.sb;
    if (sb === undefined) throw new Error('no superblock');
    for (const group of backups) bytes.set(dense(group, 2), (1 + group * PER_GROUP) * BLOCK);
    return identityReasons(superblocksOf(memorySource(bytes), sb), sb);
  };

  test('has all of the first 16 backups looked at', () => {
    expect(reasonsFor(2, 16)).toEqual([
      expect.stringContaining(`byte ${(1 + 2 * PER_GROUP) * BLOCK} `),
      expect.stringContaining(`byte ${(1 + 16 * PER_GROUP) * BLOCK} `),
    ]);
  });

  test('has no more than these looked at', () => {
    expect(reasonsFor(17, 18, 19)).toEqual([]);
  });
});
