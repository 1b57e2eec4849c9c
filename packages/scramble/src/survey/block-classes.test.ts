import fc from 'fast-check';
import { BlockClasses, KIND } from './block-classes.ts';

const run = (start: number, count: number, owner: number) =>
  ({ kind: KIND.directory, start, count, owner, logical: 0, generation: 0, flags: 0 }) as const;

describe('BlockClasses', () => {
  test('finds the run that was added first, whichever blocks were searched before', () => {
    const runs = fc.array(fc.tuple(fc.nat(60), fc.integer({ min: 1, max: 5 })), { maxLength: 12 });
    fc.assert(
      fc.property(runs, fc.array(fc.nat(70), { maxLength: 40 }), (added, asked) => {
        const classes = new BlockClasses();
        for (const [owner, [start, count]] of added.entries()) classes.add(run(start, count, owner));
        classes.seal();
        for (const block of asked) {
          const first = added.findIndex(([start, count]) => block >= start && block < start + count);
          expect(classes.find(block)?.owner).toBe(first < 0 ? undefined : first);
        }
      }),
    );
  });

  test('finds a run inside an inode table that was added later, whichever block was searched before', () => {
    const classes = new BlockClasses();
    classes.add(run(10, 1, 1));
    classes.add({ ...run(8, 12, 2), kind: KIND.inodeTable });
    classes.seal();
    expect([9, 10, 11, 8, 20].map((block) => classes.find(block)?.owner)).toEqual([2, 1, 2, 2, undefined]);
    expect(classes.find(11)).toBe(classes.find(12));
  });

  test('a block that was kept before is not part of a run', () => {
    const classes = new BlockClasses();
    classes.keep(5, 1);
    classes.add(run(4, 3, 1));
    classes.seal();
    expect([4, 5, 6].map((block) => classes.find(block)?.owner)).toEqual([1, undefined, 1]);
  });

  test('distinguishes a directory of one block from others', () => {
    const classes = new BlockClasses();
    classes.add(run(1, 1, 1));
    classes.add(run(2, 2, 2));
    classes.add({ ...run(9, 1, 3), flags: 1 });
    expect([classes.isOneBlock(0, 1), classes.isOneBlock(1, 2), classes.isOneBlock(2, 3)]).toEqual([
      true,
      false,
      false,
    ]);
    expect(classes.isOneBlock(0, 2)).toBe(false);
  });

  test('finds the first block before any other was searched', () => {
    const classes = new BlockClasses();
    classes.add(run(0, 2, 7));
    classes.seal();
    expect(classes.find(0)?.owner).toBe(7);
  });
});
