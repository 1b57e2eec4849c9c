import { type Filesystem, openFilesystem } from '@e2image/ext-core';
import { TinyFilesystem } from '@e2image/ext-core/testing';
import { BlockSet, selectBlocks, type WalkOptions } from '@e2image/ext-core/walk';
import { FILE_BLOCKS, METADATA, sampleFilesystem } from '../testing/memory-job.ts';
import { everyBlock, SelectedBlocks } from './selected-blocks.ts';

const WALK: WalkOptions = { selection: 'compat', allData: true };
const open = (): Filesystem => openFilesystem(sampleFilesystem());
const listOf = (set: BlockSet): number[] =>
  [...set.runs()].flatMap(({ start, count }) => Array.from({ length: count }, (_, i) => start + i));

async function windowsOf(selected: Pick<SelectedBlocks, 'windows'>) {
  const windows: { from: number; end: number; blocks: number[] }[] = [];
  for await (const window of selected.windows()) {
    windows.push({ from: window.from, end: window.end, blocks: listOf(window) });
  }
  return windows;
}

/** A file system with a folder of 336 scattered blocks: more runs than a small window holds. */
function scattered(): TinyFilesystem {
  const tiny = new TinyFilesystem(96);
  const nodes = [0, 1, 2, 3];
  tiny.extents(
    12,
    'directory',
    1,
    nodes.map((node) => [84 * node, 0, 20 + node]),
  );
  for (const node of nodes) {
    const entries = Array.from({ length: 84 }, (_, i) => [84 * node + i, 1, 300 + 70 * (84 * node + i)] as const);
    tiny.extentNode((20 + node) * 1024, 84, 0, entries);
  }
  return tiny;
}
/** Memory for one leaf of a set. */
const SMALL = 1;

describe('SelectedBlocks', () => {
  test('gives the blocks that the walk finds', async () => {
    const windows = await windowsOf(new SelectedBlocks(open(), { walk: WALK }));
    expect(windows.flatMap(({ blocks }) => blocks)).toEqual([...METADATA, ...FILE_BLOCKS].sort((a, b) => a - b));
  });

  test('gives in small windows what one large window has, and the windows tile the file system', async () => {
    const fs = openFilesystem(scattered());
    const all = listOf(selectBlocks(fs, WALK));
    const windows = await windowsOf(new SelectedBlocks(fs, { walk: WALK }, SMALL));
    expect(windows.length).toBeGreaterThan(1);
    expect(windows.flatMap(({ blocks }) => blocks)).toEqual(all);
    expect(windows[0]?.from).toBe(0);
    expect(windows.slice(1).map(({ from }) => from)).toEqual(windows.slice(0, -1).map(({ end }) => end));
    expect(windows.at(-1)?.end).toBeGreaterThanOrEqual(fs.blocksCount);
  });

  test('reports each problem once, however many windows there are', async () => {
    const tiny = scattered();
    for (let inode = 14; inode < 17; inode++) tiny.mapped(inode, 'directory', { 0: 99_999 });
    const problems: string[] = [];
    const walk = { ...WALK, onProblem: ({ message }: { message: string }) => void problems.push(message) };
    const fs = openFilesystem(tiny);
    const windows = await windowsOf(new SelectedBlocks(fs, { walk }, SMALL));
    expect(windows.length).toBeGreaterThan(1);
    expect(problems).toHaveLength(3);
  });

  test('finds a single window once, however often it is asked for', async () => {
    let walks = 0;
    const selected = new SelectedBlocks(open(), { walk: { ...WALK, onTable: () => void walks++ } });
    await windowsOf(selected);
    const before = walks;
    await windowsOf(selected);
    expect(walks).toBe(before);
    expect(before).toBeGreaterThan(0);
  });

  test('has no window before the first one is loaded, and then that of the block only', async () => {
    const selected = new SelectedBlocks(open(), { walk: WALK });
    expect(selected.at(0)).toBeUndefined();
    const window = await selected.load(60);
    expect(window.from).toBe(60);
    expect(selected.at(60)).toBe(window);
    expect(selected.at(59)).toBeUndefined();
    expect(listOf(window)).not.toContain(50);
    expect(window.has(60)).toBe(true);
  });

  test('does not walk when the selection is known', async () => {
    const known = new BlockSet();
    known.add(3, 2);
    const onProblem = (): void => {
      throw new Error('walked');
    };
    const selected = new SelectedBlocks(open(), { walk: { ...WALK, onProblem }, known });
    expect(await windowsOf(selected)).toMatchObject([{ blocks: [3, 4] }]);
  });

  test('adds the known selection to a walk of whole tables', async () => {
    const known = new BlockSet();
    known.add(400, 1);
    const tiny = sampleFilesystem();
    tiny.mapped(14, 'directory', { 0: 99_999 });
    const problems: string[] = [];
    const onProblem = ({ message }: { message: string }): void => void problems.push(message);
    const walk = { ...WALK, wholeTables: true, onProblem };
    const selected = new SelectedBlocks(openFilesystem(tiny), { walk, known });
    const blocks = (await windowsOf(selected)).flatMap((window) => window.blocks);
    expect(blocks).toEqual(expect.arrayContaining([...METADATA, 400]));
    // The walk that found the known selection has reported them.
    expect(problems).toEqual([]);
  });
});

test('everyBlock is one window of all blocks', async () => {
  expect(await windowsOf(everyBlock({ blocksCount: 3 }))).toMatchObject([{ blocks: [0, 1, 2] }]);
});
