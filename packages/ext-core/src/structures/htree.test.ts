import fc from 'fast-check';
import { dirEntryLayout } from './dir-block.ts';
import {
  DX_NODE_ENTRIES,
  DX_ROOT_ENTRIES,
  dxCountLayout,
  dxRootLayout,
  dxTail,
  isDxBlockSound,
  isDxNode,
  isDxRoot,
  readDxBlock,
} from './htree.ts';

const SIZE = 1024;

/** A root as mke2fs makes it. */
function root(): DataView {
  const view = new DataView(new ArrayBuffer(SIZE));
  const e = dirEntryLayout;
  e.inode.set(view, 0, 12);
  e.rec_len.set(view, 0, 12);
  e.name_len.set(view, 0, 1);
  view.setUint8(8, 0x2e);
  e.inode.set(view, 12, 2);
  e.rec_len.set(view, 12, SIZE - 12);
  e.name_len.set(view, 12, 2);
  view.setUint16(20, 0x2e2e);
  dxRootLayout.info_length.set(view, 0, 8);
  dxCountLayout.limit.set(view, DX_ROOT_ENTRIES, 123);
  dxCountLayout.count.set(view, DX_ROOT_ENTRIES, 27);
  return view;
}

describe('the root of an index', () => {
  test('is known by its two entries and the head after them', () => {
    expect(isDxRoot(root(), 0, SIZE)).toBe(true);
  });

  test.each([
    ['the first entry is longer', (view: DataView) => dirEntryLayout.rec_len.set(view, 0, 16)],
    ['the second entry does not fill the block', (view: DataView) => dirEntryLayout.rec_len.set(view, 12, 12)],
    ['the second name is not ..', (view: DataView) => view.setUint8(21, 0x61)],
    ['the reserved word is not zero', (view: DataView) => dxRootLayout.reserved_zero.set(view, 0, 1)],
    ['the head has another length', (view: DataView) => dxRootLayout.info_length.set(view, 0, 9)],
  ])('is not accepted when %s', (_name, damage) => {
    const view = root();
    damage(view);
    expect(isDxRoot(view, 0, SIZE)).toBe(false);
  });

  test('has its tail after the room for entries', () => {
    const array = readDxBlock(root(), 0, DX_ROOT_ENTRIES);
    expect(array).toEqual({ entries: 32, limit: 123, count: 27 });
    expect(isDxBlockSound(array, SIZE)).toBe(true);
    expect(dxTail(array, SIZE)).toBe(32 + 8 * 123);
    expect(dxTail({ ...array, limit: 124 }, SIZE)).toBeUndefined();
  });

  test.each([
    ['no entry', 0, 123],
    ['more entries than room', 124, 123],
    ['more room than the block', 1, 125],
  ])('is not sound with %s', (_name, count, limit) => {
    expect(isDxBlockSound({ entries: 32, count, limit }, SIZE)).toBe(false);
  });
});

test('an inner block is an empty entry, then room for entries; an empty leaf is not an inner block', () => {
  const view = new DataView(new ArrayBuffer(SIZE));
  dirEntryLayout.rec_len.set(view, 0, SIZE);
  expect(isDxNode(view, 0, SIZE)).toBe(false);
  dxCountLayout.limit.set(view, DX_NODE_ENTRIES, 127);
  expect(isDxNode(view, 0, SIZE)).toBe(true);
  dirEntryLayout.name_len.set(view, 0, 3);
  expect(isDxNode(view, 0, SIZE)).toBe(false);
});

test('any bytes are judged without a throw', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: SIZE, maxLength: SIZE }), (bytes) => {
      const view = new DataView(bytes.buffer, bytes.byteOffset, SIZE);
      expect([isDxRoot(view, 0, SIZE), isDxNode(view, 0, SIZE)]).toContain(false);
      dxTail(readDxBlock(view, 0, DX_ROOT_ENTRIES), SIZE);
    }),
  );
});
