import { writeIndexRoot } from '../testing/directory-blocks.ts';
import { emptyBlock } from '../testing/scramble-context.ts';
import { hasRootShape } from './index-root.ts';

/** The root of an index, with one byte changed. */
function shapeOf(change?: readonly [at: number, byte: number]): boolean {
  const { bytes, view } = emptyBlock(1024);
  writeIndexRoot(bytes, [[0, 1]]);
  if (change) bytes[change[0]] = change[1];
  const before = bytes.slice();
  const shape = hasRootShape(view, 1024);
  expect(bytes).toEqual(before);
  return shape;
}

describe('a block has the shape of a root', () => {
  test('by its two records, whatever is wrong with the rest', () => {
    expect(shapeOf()).toBe(true);
    for (const at of [0x18, 0x1b, 0x1c, 0x1d, 0x1e, 0x1f]) expect(shapeOf([at, 9])).toBe(true);
  });

  test('but not when a record is another one', () => {
    for (const at of [4, 6, 8, 0x10, 0x12, 0x14, 0x15]) expect(shapeOf([at, 9])).toBe(false);
  });
});
