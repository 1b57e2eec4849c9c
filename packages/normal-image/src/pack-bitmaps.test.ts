import { openFilesystem } from '@e2image/ext-core';
import { groupDescLayout, superblockLayout } from '@e2image/ext-core/structures';
import { TinyFilesystem } from '@e2image/ext-core/testing';
import { BlockSet } from '@e2image/ext-core/walk';
import { MemorySink } from '@e2image/sparse-io/testing';
import { ForwardWriter } from './forward-writer.ts';
import { packBitmaps } from './pack-bitmaps.ts';

const GROUPS = 300;
/** Bytes of each bitmap: 256 of them are written at a time. */
const BYTES = 1024;
const BITMAPS = 1000;

/**
 * A sparse file system of 300 groups with 8,192 blocks each. The block bitmaps are at blocks 1000 to 1299, and all bytes
 * of each are its group number modulo 251.
 */
function manyGroups() {
  const head = new Uint8Array(BITMAPS * 1024);
  head.set(new TinyFilesystem().bytes.subarray(1024, 2048), 1024);
  const view = new DataView(head.buffer);
  const f = superblockLayout;
  f.s_blocks_count_lo.set(view, 1024, 1 + GROUPS * 8192);
  f.s_blocks_per_group.set(view, 1024, 8192);
  f.s_clusters_per_group.set(view, 1024, 8192);
  f.s_inodes_per_group.set(view, 1024, 8);
  f.s_inodes_count.set(view, 1024, GROUPS * 8);
  for (let group = 0; group < GROUPS; group++) {
    groupDescLayout.bg_block_bitmap_lo.set(view, 2048 + 32 * group, BITMAPS + group);
  }
  const reads: number[] = [];
  const source = {
    size: (1 + GROUPS * 8192) * 1024,
    readAt(into: Uint8Array, offset: number): void {
      if (offset < head.length) {
        into.set(head.subarray(offset, offset + into.length));
        return;
      }
      reads.push(into.length / 1024);
      for (let at = 0; at < into.length; at += 1024) {
        into.fill(((offset + at) / 1024 - BITMAPS) % 251, at, at + 1024);
      }
    },
  };
  return { fs: openFilesystem(source), reads };
}

test('bitmaps of more groups than fit in one write are all there, in order', async () => {
  const { fs, reads } = manyGroups();
  const sink = new MemorySink({ isSequential: true, old: new Uint8Array(GROUPS * BYTES + 100) });
  const out = new ForwardWriter({ sink });
  const lost = new BlockSet();
  const section = { offset: 100, length: GROUPS * BYTES };
  await packBitmaps('block', { fs, section, out, lost, onProblem: undefined });
  for (let group = 0; group < GROUPS; group++) {
    const bitmap = sink.bytes.subarray(100 + group * BYTES, 100 + (group + 1) * BYTES);
    expect([bitmap[0], bitmap[BYTES - 1]]).toEqual([group % 251, group % 251]);
  }
  expect(sink.calls).toEqual([
    { kind: 'zero', offset: 0, length: 100 },
    { kind: 'write', offset: 100, length: 256 * BYTES },
    { kind: 'write', offset: 100 + 256 * BYTES, length: 44 * BYTES },
  ]);
  expect(reads.every((blocks) => blocks === 16)).toBe(true);
  expect(reads).toHaveLength(Math.ceil(GROUPS / 16));
  expect(lost.size).toBe(0);
});
