import { openFilesystem } from '@e2image/ext-core';
import {
  createDxHasher,
  DX_HASH,
  dirEntryLayout,
  dxCountLayout,
  dxEntryLayout,
  dxRootLayout,
  INODE_FLAG,
  inodeLayout,
} from '@e2image/ext-core/structures';
import { TINY, TinyFilesystem } from '@e2image/ext-core/testing';
import { createScrambler } from '../scrambler.ts';

const KEY = new TextEncoder().encode('0123456789abcdef');
const ROOT_BLOCK = 40;
const ENTRIES = 0x20;
const hasher = createDxHasher(DX_HASH.halfMd4, new Uint8Array(16));
const hashOf = (name: string): number => hasher.hash(new TextEncoder().encode(name), 0, name.length);

function writeRecords(view: DataView, block: number, names: readonly string[]): void {
  let at = block * TINY.blockSize;
  const end = at + TINY.blockSize;
  names.forEach((name, i) => {
    const length = i === names.length - 1 ? end - at : 8 + 4 * Math.ceil(name.length / 4);
    dirEntryLayout.inode.set(view, at, 12 + i);
    dirEntryLayout.rec_len.set(view, at, length);
    dirEntryLayout.name_len.set(view, at, name.length);
    dirEntryLayout.file_type.set(view, at, 1);
    new Uint8Array(view.buffer).set(new TextEncoder().encode(name), at + 8);
    at += length;
  });
}

/** A root directory with an index of three leaves: the one in the middle may hold one hash and no other. */
function narrow(): TinyFilesystem {
  const disk = new TinyFilesystem();
  const { view } = disk;
  const inode = disk.extents(2, 'directory', 0, [[0, 4, ROOT_BLOCK]]);
  inodeLayout.i_flags.set(view, inode, INODE_FLAG.extents | INODE_FLAG.index);
  const names = Array.from({ length: 12 }, (_, i) => `name-number-${i}`).sort((a, b) => hashOf(a) - hashOf(b));
  const middle = names.slice(6, 7);
  const low = hashOf(middle[0] ?? '');
  const root = ROOT_BLOCK * TINY.blockSize;
  writeRecords(view, ROOT_BLOCK, ['.', '..']);
  dxRootLayout.hash_version.set(view, root, DX_HASH.halfMd4);
  dxRootLayout.info_length.set(view, root, 8);
  dxCountLayout.limit.set(view, root + ENTRIES, (TINY.blockSize - ENTRIES) / 8);
  dxCountLayout.count.set(view, root + ENTRIES, 3);
  [0, low, low + 2].forEach((boundary, leaf) => {
    if (leaf > 0) dxEntryLayout.hash.set(view, root + ENTRIES + 8 * leaf, boundary);
    dxEntryLayout.block.set(view, root + ENTRIES + 8 * leaf, leaf + 1);
  });
  [names.slice(0, 6), middle, names.slice(7)].forEach((leaf, i) => {
    writeRecords(view, ROOT_BLOCK + 1 + i, leaf);
  });
  return disk;
}

test('a leaf that is too narrow for all drawn names gets a new boundary, which is reported', () => {
  const disk = narrow();
  const problems: string[] = [];
  const onProblem = ({ code }: { code: string }): void => void problems.push(code);
  const scrambler = createScrambler(openFilesystem(disk), { key: KEY, index: 'keep', onProblem });
  expect(problems).toEqual(['index-rebuilt']);
  const bytes = disk.bytes.slice(ROOT_BLOCK * TINY.blockSize, (ROOT_BLOCK + 4) * TINY.blockSize);
  scrambler.transform(bytes, ROOT_BLOCK * TINY.blockSize);
  const view = new DataView(bytes.buffer);
  const lows = [0, 1, 2].map((leaf) => (leaf === 0 ? 0 : dxEntryLayout.hash.get(view, ENTRIES + 8 * leaf)));
  for (let leaf = 0; leaf < 3; leaf++) {
    for (let at = (leaf + 1) * TINY.blockSize; at < (leaf + 2) * TINY.blockSize; ) {
      const length = dirEntryLayout.name_len.get(view, at);
      const name = new TextDecoder().decode(bytes.subarray(at + 8, at + 8 + length));
      expect(name).not.toContain('name');
      expect(hashOf(name)).toBeGreaterThanOrEqual(lows[leaf] ?? 0);
      expect(hashOf(name)).toBeLessThan(lows[leaf + 1] ?? 2 ** 32);
      at += dirEntryLayout.rec_len.get(view, at);
    }
  }
});
