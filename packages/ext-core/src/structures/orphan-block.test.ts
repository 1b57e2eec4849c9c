import { ORPHAN_BLOCK_MAGIC, orphanTailLayout, readOrphanBlock } from './orphan-block.ts';

const SIZE = 1024;

/** Two blocks: the first is full of inode 9, the second has some entries. */
function blocks(): DataView {
  const words = new Uint32Array((2 * SIZE) / 4).fill(9, 0, SIZE / 4);
  words.set([0, 12, 0, 13], SIZE / 4);
  const view = new DataView(words.buffer);
  // The last entry of the second block, and its tail: the magic number is 8 bytes before the end.
  words[(2 * SIZE) / 4 - 3] = 14;
  words[(2 * SIZE) / 4 - 2] = ORPHAN_BLOCK_MAGIC;
  words[(2 * SIZE) / 4 - 1] = 77;
  return view;
}

test('the entries of a block are inode numbers, zeros left out, up to the tail', () => {
  expect(readOrphanBlock(blocks(), SIZE, SIZE)).toEqual([12, 13, 14]);
});

test('a block without the magic number has no entries', () => {
  expect(readOrphanBlock(blocks(), 0, SIZE)).toEqual([]);
  const view = blocks();
  orphanTailLayout.ob_magic.set(view, SIZE - 8, ORPHAN_BLOCK_MAGIC);
  expect(readOrphanBlock(view, 0, SIZE)).toHaveLength((SIZE - 8) / 4);
});
