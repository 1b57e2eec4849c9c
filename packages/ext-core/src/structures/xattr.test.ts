import fc from 'fast-check';
import { inlineDataSpans, inlineDirSpans } from './inline-data.ts';
import { I_BLOCK, inodeLayout } from './inode.ts';
import {
  blockXattrArea,
  inodeXattrArea,
  inodeXattrStart,
  readXattrs,
  XATTR_MAGIC,
  xattrBlockHash,
  xattrEntryHash,
  xattrEntryLayout,
} from './xattr.ts';

/** Put an attribute into the room of an inode of 256 bytes. @returns offset just past the entry */
function put(
  view: DataView,
  at: number,
  { index, name, value, offset }: { index: number; name: string; value: string; offset: number },
): number {
  const e = xattrEntryLayout;
  const bytes = new Uint8Array(view.buffer);
  e.e_name_len.set(view, at, name.length);
  e.e_name_index.set(view, at, index);
  e.e_value_offs.set(view, at, offset);
  e.e_value_size.set(view, at, value.length);
  bytes.set(new TextEncoder().encode(name), at + 16);
  bytes.set(new TextEncoder().encode(value), 164 + offset);
  return at + 16 + 4 * Math.ceil(name.length / 4);
}

function inode(): DataView {
  const view = new DataView(new ArrayBuffer(256));
  inodeLayout.i_extra_isize.set(view, 0, 32);
  view.setUint32(160, XATTR_MAGIC, true);
  return view;
}

describe('attributes inside an inode', () => {
  test('are read with their names and values where they are', () => {
    const view = inode();
    const next = put(view, 164, { index: 1, name: 'colour', value: 'green', offset: 80 });
    put(view, next, { index: 7, name: 'data', value: '', offset: 0 });
    const area = inodeXattrArea(view, 0, 256);
    expect(area).toEqual({ first: 164, valueBase: 164, end: 256 });
    const list = readXattrs(view, area ?? { first: 0, valueBase: 0, end: 0 });
    expect(list).toMatchObject({ isSound: true, end: next + 20 });
    expect(list.entries[0]).toMatchObject({
      nameIndex: 1,
      name: 180,
      nameLength: 6,
      value: 244,
      valueSize: 5,
      hasSoundValue: true,
    });
    expect(inlineDataSpans(view, 0, list)).toEqual([{ offset: I_BLOCK, length: 60 }]);
  });

  test('continue inline data', () => {
    const view = inode();
    put(view, 164, { index: 7, name: 'data', value: 'and more', offset: 60 });
    const area = inodeXattrArea(view, 0, 256);
    const list = area && readXattrs(view, area);
    expect(inlineDirSpans(view, 0, list)).toEqual([
      { offset: I_BLOCK + 4, length: 56 },
      { offset: 224, length: 8 },
    ]);
  });

  test.each([
    ['128 bytes', 128, 0],
    ['extra fields that are longer than the inode', 256, 200],
    ['extra fields of no multiple of 4', 256, 30],
  ])('do not fit into an inode with %s', (_name, size, extra) => {
    const view = new DataView(new ArrayBuffer(256));
    inodeLayout.i_extra_isize.set(view, 0, extra);
    expect(inodeXattrStart(view, 0, size)).toBeUndefined();
  });

  test('end where one runs over the end', () => {
    const view = inode();
    put(view, 164, { index: 1, name: 'a', value: '', offset: 0 });
    xattrEntryLayout.e_name_len.set(view, 184, 200);
    const area = inodeXattrArea(view, 0, 256);
    expect(area && readXattrs(view, area)).toMatchObject({ isSound: false, end: 184, entries: [{ nameLength: 1 }] });
  });
});

describe('attribute hashes', () => {
  test('count name, then the words of the value, the last one padded', () => {
    const view = inode();
    put(view, 164, { index: 1, name: 'ab', value: 'xyz12', offset: 40 });
    const area = inodeXattrArea(view, 0, 256);
    const entry = area && readXattrs(view, area).entries[0];
    const rotl = (value: bigint, by: bigint): bigint => ((value << by) | (value >> (32n - by))) & 0xffff_ffffn;
    let hash = rotl(0x61n, 5n) ^ 0x62n;
    hash = rotl(hash, 16n) ^ 0x31_7a_79_78n;
    hash = rotl(hash, 16n) ^ 0x32n;
    expect(entry && xattrEntryHash(view, entry)).toBe(Number(hash));
  });

  test('differ for characters above 127, by their sign', () => {
    const view = inode();
    put(view, 164, { index: 1, name: 'a', value: '', offset: 0 });
    view.setUint8(180, 0xe9);
    const area = inodeXattrArea(view, 0, 256);
    const entry = area && readXattrs(view, area).entries[0];
    expect(entry && xattrEntryHash(view, entry)).toBe(0xe9);
    expect(entry && xattrEntryHash(view, entry, { isSigned: true })).toBe(0xffff_ffe9);
  });

  test('of a block are those of its entries, or none when one has none', () => {
    const view = inode();
    const next = put(view, 164, { index: 1, name: 'a', value: '', offset: 0 });
    put(view, next, { index: 1, name: 'b', value: '', offset: 0 });
    xattrEntryLayout.e_hash.set(view, 164, 0x8000_0001);
    const area = inodeXattrArea(view, 0, 256);
    const entries = area ? readXattrs(view, area).entries : [];
    expect(xattrBlockHash(view, entries)).toBe(0);
    xattrEntryLayout.e_hash.set(view, next, 5);
    expect(xattrBlockHash(view, entries)).toBe((0x0001_8000 ^ 5) >>> 0);
  });
});

test('any bytes of an attribute block give entries within it', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 256, maxLength: 256 }), (bytes) => {
      const view = new DataView(bytes.buffer, bytes.byteOffset, 256);
      view.setUint32(0, XATTR_MAGIC, true);
      const area = blockXattrArea(view, 0, 256);
      for (const entry of area ? readXattrs(view, area).entries : []) {
        expect(entry.name + entry.nameLength).toBeLessThanOrEqual(256);
        if (entry.hasSoundValue && entry.valueInode === 0) xattrEntryHash(view, entry);
      }
    }),
  );
});
