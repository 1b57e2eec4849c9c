import { fileSize, fileType, hasBlockMap, hasExtents, INODE_FLAG, inodeLayout, MODE, xattrBlock } from './inode.ts';

const f = inodeLayout;

interface Fields {
  readonly mode?: number;
  readonly flags?: number;
  readonly size?: number;
  readonly blocks?: number;
  /** Second word of the map. */
  readonly second?: number;
}

function inode({ mode = MODE.regular, flags = 0, size = 0, blocks = 0, second = 0 }: Fields): DataView {
  const view = new DataView(new ArrayBuffer(128));
  f.i_mode.set(view, 0, mode | 0o644);
  f.i_flags.set(view, 0, flags);
  f.i_size_lo.set(view, 0, size);
  f.i_blocks_lo.set(view, 0, blocks);
  view.setUint32(0x2c, second, true);
  return view;
}

test('type, size and attribute block come from their fields', () => {
  const view = inode({ mode: MODE.symlink, size: 7 });
  f.i_size_hi.set(view, 0, 2);
  f.i_file_acl_lo.set(view, 0, 9);
  f.i_file_acl_hi.set(view, 0, 3);
  expect([fileType(view, 0), fileSize(view, 0)]).toEqual([MODE.symlink, 2 * 2 ** 32 + 7]);
  expect([xattrBlock(view, 0, false), xattrBlock(view, 0, true)]).toEqual([9, 3 * 2 ** 32 + 9]);
});

test('the flag decides between extents and a block map', () => {
  expect(hasExtents(inode({ flags: INODE_FLAG.extents }), 0)).toBe(true);
  expect(hasExtents(inode({ flags: INODE_FLAG.inlineData }), 0)).toBe(false);
});

const INLINE = { flags: INODE_FLAG.inlineData };
const LINK = { mode: MODE.symlink };

test.each<[string, Fields, number, boolean]>([
  ['a regular file', {}, 0, true],
  ['a directory', { mode: MODE.directory }, 0, true],
  ['a regular file with inline data', INLINE, 0, false],
  ['a directory with inline data', { ...INLINE, mode: MODE.directory }, 0, false],
  ['a device', { mode: MODE.blockDevice, blocks: 2, size: 100 }, 0, false],
  ['a FIFO', { mode: MODE.fifo, blocks: 2, size: 100 }, 9, false],
  ['a link without blocks', { ...LINK, size: 10 }, 0, false],
  ['a link with inline data', { ...LINK, ...INLINE, blocks: 2, size: 100 }, 0, false],
  ['a link of 59 bytes, whatever its blocks', { ...LINK, blocks: 2, size: 59 }, 0, false],
  ['a link of 60 bytes', { ...LINK, blocks: 2, size: 60 }, 0, true],
  ['a link of one byte', { ...LINK, blocks: 2, size: 1 }, 0, false],
  ['a link whose size was lost', { ...LINK, blocks: 2, size: 0 }, 0, true],
  ['a link of 60 bytes with attributes', { ...LINK, size: 60, second: 1 }, 9, true],
  ['a short link with attributes and a map of one block', { ...LINK, size: 5 }, 9, true],
  ['a short link with attributes whose text fills the second word', { ...LINK, size: 59, second: 1 }, 9, false],
  ['a link of 4 bytes with attributes', { ...LINK, size: 4 }, 9, false],
])('%s maps blocks, or not', (_, fields, acl, expected) => expect(hasBlockMap(inode(fields), 0, acl)).toBe(expected));
