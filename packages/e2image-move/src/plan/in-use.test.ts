import { openFilesystem } from '@e2image/ext-core';
import { INCOMPAT, superblockLayout } from '@e2image/ext-core/structures';
import { TINY, TinyFilesystem } from '@e2image/ext-core/testing';
import { rangesOf } from '../used/used-map.ts';
import { blocksInUse } from './in-use.ts';

const BLOCK = TINY.blockSize;

/** A clean file system of some groups. */
function clean(groups = 2): TinyFilesystem {
  const tiny = new TinyFilesystem(groups);
  superblockLayout.s_state.set(tiny.view, BLOCK, 1);
  return tiny;
}

/** Set bits of the block bitmap of a group, counted from its first block. */
function allocate(tiny: TinyFilesystem, group: number, bits: readonly number[]): void {
  const at = (1 + group * TINY.blocksPerGroup + 4) * BLOCK;
  for (const bit of bits) tiny.bytes[at + (bit >> 3)] = (tiny.bytes[at + (bit >> 3)] ?? 0) | (1 << (bit & 7));
}

async function inUse(tiny: TinyFilesystem) {
  const { map, doubt } = await blocksInUse(openFilesystem(tiny));
  return { doubt, ranges: [...rangesOf(map)].map(({ from, to }) => [from / BLOCK, to / BLOCK]) };
}
const covers = (ranges: readonly (readonly number[])[], block: number): boolean =>
  ranges.some(([from = 0, to = 0]) => from <= block && block < to);

describe('blocksInUse', () => {
  test('begins at byte 0, and has the metadata of each group', async () => {
    const { ranges, doubt } = await inUse(clean(4));
    expect(doubt).toBeUndefined();
    // Blocks 0 to 10, and 5 to 10 of each further group; backups of the superblock in groups 1 and 3.
    expect(ranges).toEqual([
      [0, 11],
      [257, 267],
      [517, 523],
      [769, 779],
    ]);
  });

  test('has what only a bitmap calls allocated', async () => {
    const tiny = clean(4);
    allocate(tiny, 2, [200, 201]);
    const { ranges } = await inUse(tiny);
    expect(covers(ranges, 513 + 200)).toBe(true);
    expect(covers((await inUse(clean(4))).ranges, 513 + 200)).toBe(false);
  });

  test('has what only an inode reaches', async () => {
    const tiny = clean(4);
    tiny.extents(12, 'regular', 0, [[0, 2, 650]]);
    expect(covers((await inUse(tiny)).ranges, 651)).toBe(true);
  });

  test.each([
    ['was not unmounted cleanly', (tiny: TinyFilesystem) => superblockLayout.s_state.set(tiny.view, BLOCK, 0)],
    ['has errors', (tiny: TinyFilesystem) => superblockLayout.s_state.set(tiny.view, BLOCK, 3)],
    [
      'has a journal that must be replayed',
      (tiny: TinyFilesystem) => superblockLayout.s_feature_incompat.set(tiny.view, BLOCK, 0x42 | INCOMPAT.recover),
    ],
    ['has an inode with a block outside of it', (tiny: TinyFilesystem) => tiny.mapped(12, 'directory', { 0: 99_999 })],
    ['has a block bitmap that cannot be read', (tiny: TinyFilesystem) => tiny.unreadable.add(1 + 256 + 4)],
  ])('is every block of a file system that %s, and says why', async (_, damage) => {
    const tiny = clean();
    damage(tiny);
    const { ranges, doubt } = await inUse(tiny);
    expect(ranges).toEqual([[0, 513]]);
    expect(doubt).toMatch(/./);
  });

  test('does not read blocks that hold neither metadata nor bitmaps', async () => {
    const tiny = clean();
    tiny.extents(12, 'regular', 0, [[0, 4, 50]]);
    for (let block = 50; block < 200; block++) tiny.unreadable.add(block);
    expect((await inUse(tiny)).doubt).toBeUndefined();
  });
});
