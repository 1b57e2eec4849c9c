import { type DescChecksums, DescTable, descChecksums } from '@e2image/ext-core';
import { groupDescLayout, readSuperblock } from '@e2image/ext-core/structures';
import { type Shape, ShapedFilesystem } from '@e2image/ext-core/testing';
import { memorySource } from '@e2image/sparse-io/testing';
import fc from 'fast-check';
import { RestoredDescriptors } from './restored-descriptors.ts';

const f = groupDescLayout;

/** Three groups, the last one with a damaged descriptor. */
const shape = (over: Partial<Shape>): Shape => ({
  blockSize: 1024,
  groups: [false, false, true].map((isDamaged) => ({ flags: 0, unused: 0, isDamaged })),
  descSize: 64,
  inodeSize: 128,
  inodesPerGroup: 8,
  clustersPerGroup: 40,
  clusterRatio: 1,
  lastGroupBlocks: 40,
  checksums: 'metadata_csum',
  firstMetaBg: undefined,
  seed: 3,
  ...over,
});

function restored(over: Partial<Shape> = {}) {
  const fs = new ShapedFilesystem(shape(over));
  const sb = readSuperblock(fs.superblock);
  const stored = fs.blocks(2).slice();
  const table = new DescTable(memorySource(stored), sb.descSize);
  const checksums: DescChecksums = descChecksums(sb, table);
  const source = new RestoredDescriptors(memorySource(stored), sb, checksums);
  const read = (): DataView => {
    const bytes = new Uint8Array(1024);
    source.readAt(bytes, 0);
    return new DataView(bytes.buffer);
  };
  const isIntact = (view: DataView, group: number): boolean =>
    f.bg_checksum.get(view, group * sb.descSize) === checksums.compute(view, group, group);
  return { source, stored, read, isIntact, descSize: sb.descSize };
}

test('descriptors without a new checksum of a bitmap are as stored', () => {
  const { source, stored, read } = restored();
  expect(new Uint8Array(read().buffer)).toEqual(stored);
  expect(source.size).toBe(1024);
});

test('a new checksum is in its group and kind, in both halves, and the descriptor stays intact', () => {
  const { source, stored, read, isIntact } = restored();
  source.setBitmap('block', 1, 0x1234_5678);
  source.setBitmap('inode', 0, 0x9abc_def0);
  const view = read();
  expect(f.bg_block_bitmap_csum_lo.get(view, 64)).toBe(0x5678);
  expect(f.bg_block_bitmap_csum_hi.get(view, 64)).toBe(0x1234);
  expect(f.bg_inode_bitmap_csum_lo.get(view, 0)).toBe(0xdef0);
  expect(f.bg_inode_bitmap_csum_hi.get(view, 0)).toBe(0x9abc);
  const old = new DataView(stored.buffer);
  expect(f.bg_block_bitmap_csum_lo.get(view, 0)).toBe(f.bg_block_bitmap_csum_lo.get(old, 0));
  expect(f.bg_inode_bitmap_csum_lo.get(view, 64)).toBe(f.bg_inode_bitmap_csum_lo.get(old, 64));
  expect([0, 1].map((group) => isIntact(view, group))).toEqual([true, true]);
});

test('a descriptor of 32 bytes has the low half only', () => {
  const { source, read, isIntact } = restored({ descSize: 32 });
  source.setBitmap('block', 1, 0x1234_5678);
  source.setBitmap('inode', 1, 0x9abc_def0);
  const view = read();
  expect(f.bg_block_bitmap_csum_lo.get(view, 32)).toBe(0x5678);
  expect(f.bg_inode_bitmap_csum_lo.get(view, 32)).toBe(0xdef0);
  expect(isIntact(view, 1)).toBe(true);
  // The next descriptor begins where the high half would be.
  expect(f.bg_block_bitmap_lo.get(view, 64)).not.toBe(0);
  expect(view.getUint32(64, true)).toBe(81 + 1 + 2);
});

test('a damaged descriptor stays damaged', () => {
  const { source, read, stored, isIntact } = restored();
  source.setBitmap('block', 2, 1);
  const view = read();
  expect(isIntact(view, 2)).toBe(false);
  expect(f.bg_checksum.get(view, 128)).toBe(f.bg_checksum.get(new DataView(stored.buffer), 128));
  expect(f.bg_block_bitmap_csum_lo.get(view, 128)).toBe(1);
});

test('a descriptor without a checksum gets none', () => {
  const { source, read } = restored({ checksums: 'none' });
  source.setBitmap('block', 1, 1);
  expect(f.bg_checksum.get(read(), 64)).toBe(0);
});

test('a read may begin and end anywhere', () => {
  const { source, read } = restored();
  source.setBitmap('block', 0, 0x1234_5678);
  source.setBitmap('block', 1, 0x1234_5678);
  const whole = new Uint8Array(read().buffer);
  fc.assert(
    fc.property(fc.nat(1023), fc.nat(300), (offset, length) => {
      const into = new Uint8Array(Math.min(length, 1024 - offset));
      source.readAt(into, offset);
      expect(into).toEqual(whole.subarray(offset, offset + into.length));
    }),
  );
});
