import { UnreadBlocks } from './unread-blocks.ts';

const blocksOf = ({ blocks }: UnreadBlocks): number[] =>
  [...blocks.runs()].flatMap(({ start, count }) => Array.from({ length: count }, (_, i) => start + i));

describe('UnreadBlocks', () => {
  test('is empty until a block is added', () => {
    const unread = new UnreadBlocks();
    expect([unread.isEmpty, unread.runCount, unread.first]).toEqual([true, 0, []]);
    unread.add(7, 1, 'EIO');
    expect([unread.isEmpty, unread.runCount]).toEqual([false, 1]);
  });

  test('joins neighbours with the same reason only', () => {
    const unread = new UnreadBlocks();
    unread.add(1, 2, 'a');
    unread.add(3, 1, 'a');
    unread.add(4, 1, 'b');
    unread.add(6, 1, 'b');
    expect(unread.first).toEqual([
      { start: 1, count: 3, reason: 'a' },
      { start: 4, count: 1, reason: 'b' },
      { start: 6, count: 1, reason: 'b' },
    ]);
  });

  test('counts a run once, whatever its reasons', () => {
    const unread = new UnreadBlocks();
    unread.add(1, 1, 'a');
    unread.add(2, 1, 'b');
    unread.add(9, 1, 'b');
    expect(unread.runCount).toBe(2);
  });

  test('keeps the reason of the first 1,000 runs, and the numbers of all blocks', () => {
    const unread = new UnreadBlocks();
    for (let block = 0; block < 2500; block += 2) unread.add(block, 1, 'EIO');
    expect(unread.first).toHaveLength(1000);
    expect(blocksOf(unread)).toHaveLength(1250);
    expect(unread.runCount).toBe(1250);
  });

  test('takes a block twice without counting it twice', () => {
    const unread = new UnreadBlocks();
    unread.add(5, 1, 'walk');
    unread.add(5, 1, 'copy');
    expect(blocksOf(unread)).toEqual([5]);
  });
});
