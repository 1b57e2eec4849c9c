import { openFilesystem } from '../filesystem/filesystem.ts';
import { TinyFilesystem } from '../testing/tiny-filesystem.ts';
import { walkMap } from './walk-map.ts';

const INODE = 12;

/** What a walk visits, one line each. */
function walked(tiny: TinyFilesystem, base: number, wantData = true): string[] {
  const lines: string[] = [];
  walkMap(
    openFilesystem(tiny),
    INODE,
    tiny.view,
    {
      data: (start, count, logical, unwritten) =>
        void lines.push(`data ${start}+${count} at ${logical}${unwritten ? ' unwritten' : ''}`),
      node(block, level, kind) {
        lines.push(`${kind} ${block} level ${level}`);
        return true;
      },
      problem: ({ code }) => void lines.push(code),
    },
    { base, wantData },
  );
  return lines;
}

/** A block map with two direct blocks and two levels of indirect ones. */
function mapped(): { readonly tiny: TinyFilesystem; readonly base: number } {
  const tiny = new TinyFilesystem();
  const base = tiny.mapped(INODE, 'regular', { 0: 50, 1: 51, 12: 60, 13: 61 });
  tiny.pointers(60, [70, 71]);
  tiny.pointers(61, [62]);
  tiny.pointers(62, [80]);
  return { tiny, base };
}

/** An extent tree of depth 1 with one leaf of two extents. */
function tree(): { readonly tiny: TinyFilesystem; readonly base: number } {
  const tiny = new TinyFilesystem();
  const base = tiny.extents(INODE, 'regular', 1, [[0, 0, 60]]);
  tiny.extentNode(60 * 1024, 84, 0, [
    [0, 2, 70],
    [5, 32768 + 3, 80],
  ]);
  return { tiny, base };
}

test('a block map is walked in logical order, each mapping block before what it leads to', () => {
  const { tiny, base } = mapped();
  expect(walked(tiny, base)).toEqual([
    'data 50+2 at 0',
    'indirect block 60 level 0',
    'data 70+2 at 12',
    'indirect block 61 level 1',
    'indirect block 62 level 0',
    'data 80+1 at 268',
  ]);
});

test('an extent tree is walked the same way', () => {
  const { tiny, base } = tree();
  expect(walked(tiny, base)).toEqual(['extent node 60 level 0', 'data 70+2 at 0', 'data 80+3 at 5 unwritten']);
});

test.each([
  [
    'a block map',
    mapped,
    ['indirect block 60 level 0', 'indirect block 61 level 1', 'indirect block 62 level 0'],
    [60, 62],
  ],
  ['an extent tree', tree, ['extent node 60 level 0'], [60]],
] as const)('without content the lowest level of %s is named, but not read', (_, make, lines, unread) => {
  const { tiny, base } = make();
  for (const block of unread) tiny.unreadable.add(block);
  expect(walked(tiny, base, false)).toEqual(lines);
});

test('a mapping block that is named many times is visited once', () => {
  const tiny = new TinyFilesystem();
  const base = tiny.mapped(INODE, 'regular', { 12: 60, 13: 61 });
  tiny.pointers(60, [70]);
  tiny.pointers(61, [60, 61, 60]);
  expect(walked(tiny, base)).toEqual(['indirect block 60 level 0', 'data 70+1 at 12', 'indirect block 61 level 1']);
});

test('a visitor may leave out what is below a mapping block', () => {
  const { tiny, base } = mapped();
  tiny.unreadable.add(60);
  const data: number[] = [];
  const visitor = {
    data: (start: number): void => void data.push(start),
    node: (block: number): boolean => block !== 60,
  };
  walkMap(openFilesystem(tiny), INODE, tiny.view, visitor, { base });
  expect(data).toEqual([50, 80]);
});
