import { createDxHasher } from '@e2image/ext-core/structures';
import { blockRecords, recordList } from '../directory/dir-records.ts';
import { KeyedHash, PURPOSE } from '../secret/keyed-hash.ts';
import { type NewRecord, writeIndexNode, writeIndexRoot, writeRecords } from '../testing/directory-blocks.ts';
import { TEST_KEY } from '../testing/scramble-context.ts';
import { KeyTable } from './key-table.ts';
import { LeafRanges } from './leaf-ranges.ts';
import { type CollectorParts, NameCollector } from './name-collector.ts';
import { NameSet } from './name-set.ts';
import { ANY_LEAF, PendingNames, SIDE } from './pending-names.ts';

const SIZE = 1024;
const INODE = 12;
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const hasher = createDxHasher(1, new Uint8Array(16));
const hashOf = (name: string): number => hasher.hash(bytes(name), 0, name.length);

function digestOf(name: string, inode = INODE): readonly [high: number, low: number] {
  const hash = new KeyedHash(TEST_KEY);
  hash.digest(PURPOSE.name, inode, bytes(name), 0, name.length);
  return [hash.high, hash.low];
}

function collect(changes: Partial<CollectorParts>, use: (collector: NameCollector) => void) {
  const parts: CollectorParts = {
    inode: INODE,
    blockSize: SIZE,
    pending: new PendingNames(),
    taken: new NameSet(),
    chosen: new KeyTable(),
    safeLength: 10,
    ranges: undefined,
    hasher: undefined,
    ...changes,
  };
  const collector = new NameCollector(new KeyedHash(TEST_KEY), parts);
  use(collector);
  const { pending, taken } = parts;
  const found = Array.from({ length: pending.count }, (_, at) => ({
    digest: [pending.high[at], pending.low[at]],
    length: pending.length[at],
    leaf: pending.leaf[at],
    side: pending.side[at],
  }));
  return { found, taken, collector };
}

const waiting = (name: string, leaf = ANY_LEAF, side: number = SIDE.inside, inode = INODE) => ({
  digest: [...digestOf(name, inode)],
  length: name.length,
  leaf,
  side,
});

function block(...records: readonly (NewRecord | string)[]): Uint8Array {
  const one = new Uint8Array(SIZE);
  writeRecords(
    one,
    records.map((record) => (typeof record === 'string' ? { name: record } : record)),
  );
  return one;
}

/** Blocks of a directory, one after the other. */
function joined(...blocks: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(SIZE * blocks.length);
  for (const [i, one] of blocks.entries()) all.set(one, SIZE * i);
  return all;
}

describe('names that need choosing', () => {
  test('are those in use that are short enough to meet', () => {
    const names = block('.', '..', 'short', 'nine-char', 'ten-chars-', { name: 'gone', inode: 0 }, { name: '' });
    const { found, taken } = collect({}, (collector) => collector.blocks(names, 0));
    expect(found).toEqual([waiting('short'), waiting('nine-char')]);
    expect(taken.add(bytes('short'), 0, 5)).toBe(false);
    expect(taken.add(bytes('ten-chars-'), 0, 10)).toBe(true);
    expect(taken.add(bytes('gone'), 0, 4)).toBe(true);
  });

  test('are all names in a leaf, with the leaf and their side of its range', () => {
    const [low = '', inside = '', high = ''] = ['first-of-three', 'second-of-them', 'third-and-last'].sort(
      (a, b) => hashOf(a) - hashOf(b),
    );
    const ranges = new LeafRanges({ leaves: [3, 1, 2], lows: [0, hashOf(inside) & ~1, hashOf(inside) + 2] });
    const names = joined(block('other'), block(low, inside, high));
    const { found } = collect({ ranges, hasher }, (collector) => collector.blocks(names, 0));
    expect(found).toEqual([
      waiting('other'),
      waiting(low, 1, SIDE.below),
      waiting(inside, 1),
      waiting(high, 1, SIDE.above),
    ]);
    const { found: unhashed } = collect({ ranges }, (collector) => collector.blocks(names, 0));
    expect(unhashed.map(({ leaf, side }) => [leaf, side])).toEqual([
      [ANY_LEAF, SIDE.inside],
      [1, SIDE.inside],
      [1, SIDE.inside],
      [1, SIDE.inside],
    ]);
  });

  test('are found once, although a name may exist twice', () => {
    const { found } = collect({}, (collector) => collector.blocks(joined(block('a', 'a'), block('a', 'b')), 0));
    expect(found).toEqual([waiting('a'), waiting('b')]);
  });

  test('are not those that have a new name', () => {
    const chosen = new KeyTable();
    const [high, low] = digestOf('a');
    chosen.set(high, low, 0);
    const { found, taken } = collect({ chosen }, (collector) => collector.blocks(block('a', 'b'), 0));
    expect(found).toEqual([waiting('b')]);
    expect(taken.add(bytes('a'), 0, 1)).toBe(false);
  });

  test('are not in blocks of the index', () => {
    const root = new Uint8Array(SIZE);
    writeIndexRoot(root, [[0, 1]]);
    const node = new Uint8Array(SIZE);
    writeIndexNode(node, [[0, 1]]);
    const { found } = collect({}, (collector) => collector.blocks(joined(root, node, block('x', 'y')), 0));
    expect(found).toEqual([waiting('x'), waiting('y')]);
  });

  test('are found by the number of their block when only some are given', () => {
    const ranges = new LeafRanges({ leaves: [5], lows: [0] });
    const { found } = collect({ ranges }, (collector) => collector.blocks(joined(block('a'), block('b')), 4));
    expect(found).toEqual([waiting('a'), waiting('b', 0)]);
  });

  test('are found in a list of records that is at hand', () => {
    const one = block('a');
    const list = recordList(one, new DataView(one.buffer), one.length);
    const { found } = collect({}, (collector) => collector.records(list, 7));
    expect(found).toEqual([waiting('a', 7)]);
  });
});

describe('`lost+found`', () => {
  const ranges = new LeafRanges({ leaves: [1], lows: [0] });
  const names = block('lost+found', 'other-name-of-it');
  const use = (collector: NameCollector): void =>
    collector.records(blockRecords(names, new DataView(names.buffer)), ranges.leafAt(1));

  test('of the root keeps its name, and its leaf is known', () => {
    const { found, taken, collector } = collect({ inode: 2, ranges }, use);
    expect(found).toEqual([waiting('other-name-of-it', 0, SIDE.inside, 2)]);
    expect(collector.pinnedLeaf).toBe(0);
    expect(taken.add(bytes('lost+found'), 0, 10)).toBe(false);
  });

  test('of another directory is a name like others', () => {
    const { found, collector } = collect({ ranges }, use);
    expect(found).toEqual([waiting('lost+found', 0), waiting('other-name-of-it', 0)]);
    expect(collector.pinnedLeaf).toBe(ANY_LEAF);
  });
});
