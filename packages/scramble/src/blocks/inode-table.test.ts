import { dirEntryLayout, INODE_FLAG, inodeChecksum, inodeLayout, inodeSeed, MODE } from '@e2image/ext-core/structures';
import { TinyFilesystem } from '@e2image/ext-core/testing';
import fc from 'fast-check';
import { noCounts, type ScrambleCounts } from '../base/counts.ts';
import { OWNER_FLAG } from '../survey/block-classes.ts';
import { allZero } from '../testing/all-zero.ts';
import { readRecords, writeRecords } from '../testing/directory-blocks.ts';
import { emptyBlock, testContext } from '../testing/scramble-context.ts';
import { findSecret, plantSecret, secretBytes, secretText } from '../testing/secret-text.ts';
import type { Block, Context } from './context.ts';
import { inlineRecords, ownerFlags, scrambleInodeBlocks } from './inode-table.ts';

const f = inodeLayout;
const BLOCK = 1024;
/** Number of the first inode of the block. */
const FIRST = 33;
/** Offset of the map area, and of the byte after it. */
const MAP = 0x28;
const MAP_END = 0x64;
/** Where attributes begin in an inode of 256 bytes with 32 bytes of extra fields. */
const ATTRIBUTES = 160;

/** A context for inodes of `size` bytes. */
function contextFor(size: number, changes: Partial<Context> = {}): Context {
  const disk = new TinyFilesystem();
  disk.view.setUint16(1024 + 0x58, size, true);
  return testContext(disk, { seed: 1234, ...changes });
}

interface Inode {
  readonly mode: number;
  readonly flags?: number;
  readonly links?: number;
  readonly size?: number;
  readonly extraSize?: number;
  /** Blocks of 512 bytes: what makes a link one with a map. */
  readonly blocks?: number;
}

/** A table in which inode number `index` is this one, and the others are zeros. */
function table(inode: Inode, { index = 1, size = 256 } = {}): Block & { readonly base: number } {
  const block = emptyBlock(BLOCK);
  const base = index * size;
  f.i_mode.set(block.view, base, inode.mode);
  f.i_flags.set(block.view, base, inode.flags ?? 0);
  f.i_links_count.set(block.view, base, inode.links ?? 1);
  f.i_size_lo.set(block.view, base, inode.size ?? 0);
  f.i_blocks_lo.set(block.view, base, inode.blocks ?? 0);
  f.i_generation.set(block.view, base, 5);
  if (size > 128) f.i_extra_isize.set(block.view, base, inode.extraSize ?? 32);
  return { ...block, base };
}

interface Options {
  readonly first?: number;
  readonly size?: number;
  readonly context?: Partial<Context>;
}

function scramble(block: Block, { first = FIRST, size = 256, context = {} }: Options = {}): ScrambleCounts {
  const counts = noCounts();
  scrambleInodeBlocks(contextFor(size, context), block, first, counts);
  return counts;
}

/** Write an extent root with these many entries into the map area, with a secret after them. */
function extentRoot({ bytes, view }: Block, base: number, entries: number, magic = 0xf30a): void {
  plantSecret(bytes, base + MAP, base + MAP_END);
  view.setUint16(base + MAP, magic, true);
  view.setUint16(base + MAP + 2, entries, true);
  view.setUint16(base + MAP + 4, 4, true);
  view.setUint16(base + MAP + 6, 0, true);
  bytes.fill(1, base + MAP + 12, Math.min(base + MAP + 12 + 12 * entries, base + MAP_END));
}

interface Attribute {
  readonly index: number;
  readonly name: string;
  readonly value: Uint8Array;
}

/** Write attributes into an inode of 256 bytes: entries from the front, values from the back. @returns offsets of values */
function attributes({ bytes, view }: Block, base: number, list: readonly Attribute[]): number[] {
  view.setUint32(base + ATTRIBUTES, 0xea02_0000, true);
  const first = base + ATTRIBUTES + 4;
  let at = first;
  let end = base + 256;
  return list.map(({ index, name, value }) => {
    end -= 4 * Math.ceil(value.length / 4);
    view.setUint8(at, name.length);
    view.setUint8(at + 1, index);
    view.setUint16(at + 2, end - first, true);
    view.setUint32(at + 8, value.length, true);
    for (let i = 0; i < name.length; i++) view.setUint8(at + 16 + i, name.charCodeAt(i));
    bytes.set(value, end);
    at += 16 + 4 * Math.ceil(name.length / 4);
    return end;
  });
}

const map = ({ bytes }: Block, base: number): Uint8Array => bytes.subarray(base + MAP, base + MAP_END);
const ascii = (text: string): Uint8Array => Uint8Array.from(text, (letter) => letter.charCodeAt(0));
const textOf = (bytes: Uint8Array): string => String.fromCharCode(...bytes);

describe('a free inode', () => {
  const FREE = { mode: MODE.regular, links: 0 } as const;

  test('loses its map area and its attributes, keeps its fields, and is counted', () => {
    const block = table(FREE);
    plantSecret(block.bytes, block.base + MAP, block.base + MAP_END);
    plantSecret(block.bytes, block.base + ATTRIBUTES, block.base + 256);
    const before = block.bytes.slice();
    expect(scramble(block)).toEqual({ ...noCounts(), freeInodes: 1 });
    before.fill(0, block.base + MAP, block.base + MAP_END);
    before.fill(0, block.base + ATTRIBUTES, block.base + 256);
    expect(block.bytes).toEqual(before);
  });

  test('is counted when it held something in one of the two, and not when it held nothing', () => {
    for (const [at, freeInodes] of [
      [MAP, 1],
      [MAP_END - 1, 1],
      [ATTRIBUTES, 1],
      [255, 1],
      [0x70, 0],
    ] as const) {
      const block = table(FREE);
      block.bytes[block.base + at] = 1;
      expect(scramble(block).freeInodes).toBe(freeInodes);
    }
  });

  test.each([
    [256, 30, 160],
    [256, 0, 160],
    [128, 0, 128],
  ])(
    'of %i bytes with an impossible size of extra fields, %i, loses what is after the known ones',
    (size, extra, rest) => {
      const block = table({ ...FREE, extraSize: extra }, { size });
      const { base } = block;
      plantSecret(block.bytes, base + rest, base + size);
      plantSecret(block.bytes, base + 0x84, base + rest);
      const before = block.bytes.slice(base, base + rest);
      before.fill(0, MAP, MAP_END);
      scramble(block, { size });
      expect(block.bytes.slice(base, base + rest)).toEqual(before);
      expect(allZero(block.bytes.subarray(base + rest, base + size))).toBe(true);
    },
  );

  test('keeps an extent root, but not the room that its entries leave', () => {
    const block = table({ ...FREE, flags: INODE_FLAG.extents });
    extentRoot(block, block.base, 2);
    const root = block.bytes.slice(block.base + MAP, block.base + MAP + 36);
    scramble(block);
    expect(map(block, block.base).slice(0, 36)).toEqual(root);
    expect(allZero(map(block, block.base).subarray(36))).toBe(true);
  });

  test.each([
    ['without the flag', 0, 0xf30a],
    ['with a damaged root', INODE_FLAG.extents, 0xf30b],
  ])('%s has no extent root to keep', (_name, flags, magic) => {
    const block = table({ ...FREE, flags });
    extentRoot(block, block.base, 2, magic);
    scramble(block);
    expect(allZero(map(block, block.base))).toBe(true);
  });

  test('is not one when it is the bad-block inode, or an orphan', () => {
    for (const [first, isOrphan, isFree] of [
      [1, false, false],
      [2, false, true],
      [FIRST, true, false],
    ] as const) {
      const block = table({ mode: MODE.symlink, links: 0, blocks: 0, size: 20 }, { index: 0 });
      plantSecret(block.bytes, MAP, MAP + 20);
      const orphans: number[] = [];
      const context = { isOrphan: (inode: number) => orphans.push(inode) > 0 && isOrphan };
      expect(scramble(block, { first, context }).freeInodes).toBe(isFree ? 1 : 0);
      if (first === FIRST) expect(orphans).toEqual([FIRST]);
    }
  });
});

describe('an inode with extents', () => {
  const USED = { mode: MODE.regular, flags: INODE_FLAG.extents } as const;

  test.each([0, 1, 3, 4])('keeps its %i extents, and zeros follow', (entries) => {
    const block = table(USED);
    extentRoot(block, block.base, entries);
    const used = 12 * (1 + entries);
    const root = map(block, block.base).slice(0, used);
    expect(scramble(block)).toEqual(noCounts());
    expect(map(block, block.base).slice(0, used)).toEqual(root);
    expect(allZero(map(block, block.base).subarray(used))).toBe(true);
  });

  test('keeps a root with more entries than it has room for', () => {
    const block = table(USED);
    extentRoot(block, block.base, 5);
    const before = block.bytes.slice();
    scramble(block);
    expect(block.bytes).toEqual(before);
  });

  test('whose root has another magic number is replaced by other bytes', () => {
    const block = table(USED);
    extentRoot(block, block.base, 0, 0xf30b);
    plantSecret(block.bytes, block.base + MAP + 8, block.base + MAP_END);
    scramble(block);
    expect(findSecret(map(block, block.base))).toBe(-1);
    expect([...map(block, block.base).subarray(8)].every((byte) => byte !== 0)).toBe(true);
  });

  test.each([MODE.regular, MODE.directory])('of type 0x%x without the flag keeps its map', (mode) => {
    const block = table({ mode });
    plantSecret(block.bytes, block.base + MAP, block.base + MAP_END);
    const before = block.bytes.slice();
    scramble(block);
    expect(block.bytes).toEqual(before);
  });

  test('keeps the map of the bad-block inode, whatever its type', () => {
    const block = table({ mode: 0, links: 0 }, { index: 0 });
    plantSecret(block.bytes, MAP, MAP_END);
    const before = map(block, 0).slice();
    scramble(block, { first: 1 });
    expect(map(block, 0)).toEqual(before);
  });
});

describe('a link', () => {
  const target = `/${secretText(10)}/..`;

  test('that is short has another target of the same shape', () => {
    const block = table({ mode: MODE.symlink, size: target.length });
    block.bytes.set(ascii(target), block.base + MAP);
    plantSecret(block.bytes, block.base + MAP + target.length + 1, block.base + MAP_END);
    expect(scramble(block)).toEqual({ ...noCounts(), linkTargets: 1 });
    expect(textOf(map(block, block.base))).toMatch(/^\/[\w-]{10}\/\.\.\0+$/);
  });

  test('that is encrypted keeps the length before its target', () => {
    const block = table({ mode: MODE.symlink, flags: INODE_FLAG.encrypt, size: 22 });
    block.bytes.set([0x32, 0], block.base + MAP);
    plantSecret(block.bytes, block.base + MAP + 2, block.base + MAP_END);
    expect(scramble(block).linkTargets).toBe(1);
    expect(textOf(map(block, block.base))).toMatch(/^2\0[\w-]{50}\0{8}$/);
  });

  test('that has a block keeps its map', () => {
    const block = table({ mode: MODE.symlink, size: 70, blocks: 2 });
    plantSecret(block.bytes, block.base + MAP, block.base + MAP_END);
    const before = block.bytes.slice();
    expect(scramble(block)).toEqual(noCounts());
    expect(block.bytes).toEqual(before);
  });

  test('that has a block with extents keeps them, and nothing after them', () => {
    const block = table({ mode: MODE.symlink, flags: INODE_FLAG.extents, size: 70, blocks: 2 });
    extentRoot(block, block.base, 1);
    expect(scramble(block)).toEqual(noCounts());
    expect(allZero(map(block, block.base).subarray(24))).toBe(true);
  });

  test('that is short has no block, even when an attribute block is counted: with 64bit by 48 bits of its number', () => {
    const linkWithAttributes = (has64: boolean): number => {
      const block = table({ mode: MODE.symlink, size: 4, blocks: 2 });
      // A map of one block or a target of four characters: without an attribute block i_blocks decides.
      block.bytes.set(secretBytes(4), block.base + MAP);
      f.i_file_acl_hi.set(block.view, block.base, 1);
      const disk = new TinyFilesystem();
      disk.view.setUint16(1024 + 0x58, 256, true);
      if (has64) disk.view.setUint32(1024 + 0x60, 0x42 | 0x80, true);
      if (has64) disk.view.setUint16(1024 + 0xfe, 64, true);
      const counts = noCounts();
      scrambleInodeBlocks(testContext(disk), block, FIRST, counts);
      return counts.linkTargets;
    };
    expect([linkWithAttributes(false), linkWithAttributes(true)]).toEqual([1, 1]);
  });
});

describe('a device, FIFO or socket', () => {
  test.each([MODE.characterDevice, MODE.blockDevice, MODE.fifo, MODE.socket])(
    'of type 0x%x keeps its numbers; other bytes are zero or one, as e2fsck asks no more',
    (mode) => {
      const block = table({ mode });
      plantSecret(block.bytes, block.base + MAP, block.base + MAP_END);
      block.bytes[block.base + MAP_END - 1] = 0;
      scramble(block);
      expect(map(block, block.base).slice(0, 8)).toEqual(secretBytes(8));
      expect([...map(block, block.base).subarray(8)]).toEqual([...new Array(51).fill(1), 0]);
    },
  );

  test('is not what an inode of no type is: all its bytes are zero or one', () => {
    const block = table({ mode: 0x3000 });
    plantSecret(block.bytes, block.base + MAP, block.base + MAP_END);
    expect(scramble(block).damagedBlocks).toBe(1);
    expect([...map(block, block.base)]).toEqual(new Array(60).fill(1));
  });
});

describe('a garbage inode', () => {
  test('has other bytes in its fields, and is counted as damaged', () => {
    const block = table({ mode: 0x3000 });
    const { base } = block;
    plantSecret(block.bytes, base + 0x84, base + 0xa0);
    plantSecret(block.bytes, base + 0xa0, base + 256);
    expect(scramble(block)).toEqual({ ...noCounts(), damagedBlocks: 1 });
    expect(findSecret(block.bytes)).toBe(-1);
  });

  test('with extra fields of an impossible size has other bytes after those that are known', () => {
    const block = table({ mode: MODE.regular, extraSize: 30 });
    const { base } = block;
    plantSecret(block.bytes, base + 0xa0, base + 256);
    expect(scramble(block).damagedBlocks).toBe(1);
    expect(findSecret(block.bytes)).toBe(-1);
    expect(block.bytes.subarray(base + 0xa0, base + 256).every((byte) => byte !== 0)).toBe(true);
  });
});

describe('attributes in an inode', () => {
  test('have other names and values', () => {
    const block = table({ mode: MODE.regular });
    const { base } = block;
    attributes(block, base, [{ index: 1, name: secretText(8), value: secretBytes(20) }]);
    expect(scramble(block)).toEqual({ ...noCounts(), attributes: 1 });
    expect(findSecret(block.bytes, 4)).toBe(-1);
    expect(textOf(block.bytes.subarray(base + 180, base + 188))).toMatch(/^[\w-]{8}$/);
    expect(textOf(block.bytes.subarray(base + 236, base + 256))).toMatch(/^[\w-]{20}$/);
  });

  test('without their magic number are bytes', () => {
    const block = table({ mode: MODE.regular });
    const { base } = block;
    plantSecret(block.bytes, base + ATTRIBUTES, base + 256);
    const fields = block.bytes.slice(base, base + ATTRIBUTES);
    expect(scramble(block)).toEqual(noCounts());
    expect(findSecret(block.bytes)).toBe(-1);
    expect(block.bytes.slice(base, base + ATTRIBUTES)).toEqual(fields);
    expect(block.bytes.subarray(base + ATTRIBUTES, base + 256).every((byte) => byte !== 0)).toBe(true);
  });
});

describe('an inode whose content is in it', () => {
  const INLINE = INODE_FLAG.inlineData;

  /** Such a file: content in the map area, and the rest of it in the attribute `system.data`. */
  function inline(mode: number, size: number, first: Uint8Array, rest: Uint8Array, flags = 0) {
    const block = table({ mode, flags: INLINE | flags, size });
    block.bytes.set(first, block.base + MAP);
    const [value = 0] = attributes(block, block.base, [{ index: 7, name: 'data', value: rest }]);
    return { block, value };
  }

  test('loses it when it is a file', () => {
    const { block, value } = inline(MODE.regular, 70, secretBytes(60), secretBytes(10));
    expect(scramble(block)).toEqual({ ...noCounts(), inlineFiles: 1 });
    expect(allZero(map(block, block.base))).toBe(true);
    expect(allZero(block.bytes.subarray(value, value + 10))).toBe(true);
    expect(textOf(block.bytes.subarray(block.base + 180, block.base + 184))).toBe('data');
  });

  test('keeps it when contents are wanted', () => {
    const { block } = inline(MODE.regular, 70, secretBytes(60), secretBytes(10));
    const before = map(block, block.base).slice();
    expect(scramble(block, { context: { allData: true } })).toEqual(noCounts());
    expect(map(block, block.base)).toEqual(before);
  });

  test('has another target in both parts when it is a link', () => {
    const { block, value } = inline(MODE.symlink, 65, secretBytes(60), secretBytes(8));
    expect(scramble(block)).toEqual({ ...noCounts(), linkTargets: 1 });
    const target = textOf(map(block, block.base)) + textOf(block.bytes.subarray(value, value + 8));
    // What is after the size of the file is not part of it.
    expect(target).toMatch(/^[\w-]{65}\0{3}$/);
  });

  test('that is an encrypted link keeps the length before its target', () => {
    const { block, value } = inline(
      MODE.symlink,
      68,
      Uint8Array.from([64, 0, ...secretBytes(58)]),
      secretBytes(8),
      INODE_FLAG.encrypt,
    );
    scramble(block);
    const target = textOf(map(block, block.base)) + textOf(block.bytes.subarray(value, value + 8));
    expect(target).toMatch(/^@\0[\w-]{64}\0{2}$/);
  });

  test('has other names when it is a directory, in both parts, after the number of its parent', () => {
    const { block, value } = inline(MODE.directory, 100, new Uint8Array(60), new Uint8Array(40));
    const { base } = block;
    block.view.setUint32(base + MAP, 2, true);
    const first = block.bytes.subarray(base + MAP + 4, base + MAP_END);
    const second = block.bytes.subarray(value, value + 40);
    writeRecords(first, [{ name: secretText(10), inode: 20 }]);
    writeRecords(second, [{ name: secretText(12), inode: 21 }]);
    expect(scramble(block)).toEqual({ ...noCounts(), names: 2 });
    expect(block.view.getUint32(base + MAP, true)).toBe(2);
    for (const [part, inode, length] of [
      [first, 20, 10],
      [second, 21, 12],
    ] as const) {
      const [record] = readRecords(part);
      expect([record?.inode, record?.length]).toEqual([inode, part.length]);
      expect(record?.name).toMatch(new RegExp(`^[\\w-]{${length}}$`));
    }
  });

  test('has no two equal names when it is a directory, in one part or the other', () => {
    const { block, value } = inline(MODE.directory, 100, new Uint8Array(60), new Uint8Array(60));
    const parts = [
      block.bytes.subarray(block.base + MAP + 4, block.base + MAP_END),
      block.bytes.subarray(value, value + 60),
    ];
    for (const [i, part] of parts.entries())
      writeRecords(
        part,
        [...'abcd'].map((name) => ({ name: name + i })),
      );
    scramble(block);
    const found = parts.flatMap((part) => readRecords(part).map(({ name }) => name));
    expect(new Set(found).size).toBe(8);
  });

  test('counts as damaged for each part that is not a list of records', () => {
    const { block, value } = inline(MODE.directory, 100, secretBytes(60), secretBytes(40));
    expect(scramble(block)).toEqual({ ...noCounts(), damagedBlocks: 2 });
    expect(findSecret(block.bytes.subarray(value, value + 40))).toBe(-1);
    expect(findSecret(map(block, block.base))).toBe(-1);
  });
});

describe('the checksum of an inode', () => {
  const link = { mode: MODE.symlink, size: 10 } as const;

  /** @returns the stored checksum after scrambling, and the right one */
  function after(size: number, stored: number | undefined, inode: Inode = link, hasChecksums = true): number[] {
    const block = table(inode, { size });
    const { base, view } = block;
    const seed = inodeSeed(1234, FIRST + 1, 5);
    plantSecret(block.bytes, base + MAP, base + MAP + 10);
    const checksum = stored ?? inodeChecksum(seed, view, base, size);
    const isWide = size > 128 && (inode.extraSize ?? 32) >= 4;
    f.i_checksum_lo.set(view, base, checksum & 0xffff);
    if (isWide) f.i_checksum_hi.set(view, base, checksum >>> 16);
    scramble(block, { size, context: { hasChecksums } });
    const high = isWide ? f.i_checksum_hi.get(view, base) * 0x1_0000 : 0;
    return [high + f.i_checksum_lo.get(view, base), inodeChecksum(seed, view, base, size)];
  }

  test.each([128, 256])('is right when it was, inodes of %i bytes', (size) => {
    const [stored, right] = after(size, undefined);
    expect(stored).toBe(right);
  });

  test.each([
    [256, {}, 0xffff_ffff],
    [256, { extraSize: 4 }, 0xffff_ffff],
    [256, { extraSize: 0 }, 0xffff],
    [128, {}, 0xffff],
  ])('is wrong when it was, but another one, inodes of %i bytes and %o', (size, changes, most) => {
    const [stored = 0, right] = after(size, 0x1234, { ...link, ...changes });
    expect([right, 0x1234, 0]).not.toContain(stored);
    expect(stored).toBeLessThanOrEqual(most);
    expect(stored > 0xffff).toBe(most > 0xffff);
  });

  test('stays as it is without the feature', () => {
    expect(after(256, 0x1234_5678, link, false)[0]).toBe(0x1234_5678);
  });
});

test('the access time of an inode with a value is the hash of the new one', () => {
  const block = table({ mode: MODE.regular, flags: INODE_FLAG.eaInode | INODE_FLAG.extents });
  // Something to hide: plain inodes are passed over.
  extentRoot(block, block.base, 1);
  const values = new Map([[FIRST + 1, { size: 10, before: 1, after: 0x1234_5678 }]]);
  scramble(block, { context: { values } });
  expect(f.i_atime.get(block.view, block.base)).toBe(0x1234_5678);
});

test('flags of the owner are whether names are encrypted, and whether case is folded', () => {
  for (const [flags, expected] of [
    [0, 0],
    [INODE_FLAG.encrypt, OWNER_FLAG.encrypted],
    [INODE_FLAG.casefold, OWNER_FLAG.casefold],
    [INODE_FLAG.casefold | INODE_FLAG.encrypt, OWNER_FLAG.casefold | OWNER_FLAG.encrypted],
    [INODE_FLAG.index | INODE_FLAG.extents, 0],
  ] as const) {
    const { view, base } = table({ mode: MODE.directory, flags });
    expect(ownerFlags(view, base)).toBe(expected);
  }
});

test('records of an inline directory are found in each of its parts', () => {
  const { bytes } = emptyBlock(BLOCK);
  writeRecords(bytes.subarray(12, 60), [{ name: 'a' }]);
  writeRecords(bytes.subarray(100, 140), [{ name: 'bcd' }, { name: 'efg' }]);
  const lists = inlineRecords({ bytes }, [
    { offset: 12, length: 48 },
    { offset: 100, length: 40 },
  ]);
  expect(lists.map(({ names, end }) => [names, end])).toEqual([
    [1, 48],
    [2, 40],
  ]);
  expect(lists.map(({ view }) => dirEntryLayout.name_len.get(view, 0))).toEqual([1, 3]);
});

test('inodes of any bytes keep their mode, links and flags, and hold no secret of 12 bytes', () => {
  const inode = fc.record({
    mode: fc.constantFrom(...Object.values(MODE), 0x3000, 0xe141),
    flags: fc.constantFrom(0, INODE_FLAG.extents, INODE_FLAG.inlineData, INODE_FLAG.encrypt),
    links: fc.constantFrom(0, 1),
    extraSize: fc.constantFrom(0, 4, 28, 32, 30),
  });
  fc.assert(
    fc.property(fc.array(inode, { minLength: 4, maxLength: 4 }), fc.boolean(), (inodes, hasChecksums) => {
      const block = emptyBlock(BLOCK);
      plantSecret(block.bytes, 0, BLOCK);
      for (const [i, { mode, flags, links, extraSize }] of inodes.entries()) {
        const base = 256 * i;
        block.bytes.fill(0, base, base + MAP);
        f.i_mode.set(block.view, base, mode);
        f.i_flags.set(block.view, base, flags);
        f.i_links_count.set(block.view, base, links);
        // What a map or an extent root would be, and may stay.
        const isMapped = mode === MODE.regular || mode === MODE.directory;
        if (isMapped || flags === INODE_FLAG.extents) block.bytes.fill(0, base + MAP, base + MAP_END);
        block.bytes.fill(0, base + MAP_END, base + 160);
        f.i_extra_isize.set(block.view, base, extraSize);
      }
      scramble(block, { context: { hasChecksums } });
      for (const [i, { mode, flags, links }] of inodes.entries()) {
        const base = 256 * i;
        expect(f.i_mode.get(block.view, base)).toBe(mode);
        expect(f.i_flags.get(block.view, base)).toBe(flags);
        expect(f.i_links_count.get(block.view, base)).toBe(links);
      }
      expect(findSecret(block.bytes, 12)).toBe(-1);
    }),
    { numRuns: 100 },
  );
});
