import { openFilesystem } from '@e2image/ext-core';
import {
  blockXattrArea,
  crc32c,
  filesystemSeed,
  inodeLayout,
  readXattrs,
  XATTR_MAGIC,
  xattrBlockChecksum,
  xattrBlockHash,
  xattrEntryHash,
  xattrEntryLayout,
  xattrHeaderLayout,
} from '@e2image/ext-core/structures';
import { TINY, TinyFilesystem } from '@e2image/ext-core/testing';
import { noCounts } from '../base/counts.ts';
import type { Scrambler } from '../block-scrambler.ts';
import { createScrambler } from '../scrambler.ts';
import { emptyBlock, testContext } from '../testing/scramble-context.ts';
import { findSecret, plantSecret, secretBytes } from '../testing/secret-text.ts';
import { scrambleAttributeBlock } from './attributes.ts';
import { blockOf } from './context.ts';

const BLOCK = 42;
const SIZE = TINY.blockSize;

interface Attribute {
  readonly index: number;
  readonly name: string;
  readonly value: string;
}

/** A file system whose inode 12 has a block with these attributes, in this order. */
function withAttributes(attributes: readonly Attribute[]): TinyFilesystem {
  const disk = new TinyFilesystem();
  inodeLayout.i_file_acl_lo.set(disk.view, disk.mapped(12, 'regular', {}), BLOCK);
  const base = BLOCK * SIZE;
  const view = new DataView(disk.bytes.buffer, base, SIZE);
  xattrHeaderLayout.h_magic.set(view, 0, XATTR_MAGIC);
  xattrHeaderLayout.h_refcount.set(view, 0, 1);
  let at = 32;
  let end = SIZE;
  for (const { index, name, value } of attributes) {
    end -= 4 * Math.ceil(value.length / 4);
    xattrEntryLayout.e_name_len.set(view, at, name.length);
    xattrEntryLayout.e_name_index.set(view, at, index);
    xattrEntryLayout.e_value_offs.set(view, at, end);
    xattrEntryLayout.e_value_size.set(view, at, value.length);
    disk.bytes.set(new TextEncoder().encode(name), base + at + 16);
    disk.bytes.set(new TextEncoder().encode(value), base + end);
    at += 16 + 4 * Math.ceil(name.length / 4);
  }
  rehash(view);
  return disk;
}

function entriesOf(view: DataView) {
  const area = blockXattrArea(view, 0, SIZE);
  return area ? readXattrs(view, area).entries : [];
}

function rehash(view: DataView): void {
  for (const entry of entriesOf(view)) xattrEntryLayout.e_hash.set(view, entry.at, xattrEntryHash(view, entry));
  xattrHeaderLayout.h_hash.set(view, 0, xattrBlockHash(view, entriesOf(view)));
}

const scramblerOf = (disk: TinyFilesystem): Scrambler =>
  createScrambler(openFilesystem(disk), { key: new Uint8Array(16).fill(5), index: 'fresh' });

function scrambled(disk: TinyFilesystem): DataView {
  const bytes = disk.bytes.slice(BLOCK * SIZE, (BLOCK + 1) * SIZE);
  scramblerOf(disk).transform(bytes, BLOCK * SIZE);
  return new DataView(bytes.buffer);
}

const text = (view: DataView, from: number, length: number): string =>
  new TextDecoder('latin1').decode(new Uint8Array(view.buffer, from, length));

const names = (view: DataView): string[] =>
  entriesOf(view).map(({ nameIndex, name, nameLength }) => `${nameIndex}:${text(view, name, nameLength)}`);

const MANY: readonly Attribute[] = [
  ...'abcdefghijklmnop'.split('').map((letter) => ({ index: 1, name: `colour-${letter}`, value: `green ${letter}` })),
  { index: 2, name: '', value: 'an access list' },
];

describe('a scrambled attribute block', () => {
  test('has other names and values of the same lengths, with the right hashes', () => {
    const view = scrambled(withAttributes(MANY));
    const entries = entriesOf(view);
    expect(entries.map(({ nameLength, valueSize }) => [nameLength, valueSize])).toEqual(
      MANY.map(({ name, value }) => [name.length, value.length]),
    );
    expect(text(view, 0, SIZE)).not.toMatch(/colour|green/);
    for (const entry of entries) {
      expect(xattrEntryLayout.e_hash.get(view, entry.at)).toBe(xattrEntryHash(view, entry));
    }
    expect(xattrHeaderLayout.h_hash.get(view, 0)).toBe(xattrBlockHash(view, entries));
  });

  test('stays in order, as the kernel looks names up', () => {
    const view = scrambled(withAttributes(MANY));
    const found = names(view);
    expect(found).toEqual([...found].sort());
    expect(new Set(found).size).toBe(MANY.length);
  });

  test('keeps an order that was wrong', () => {
    const backwards = [MANY[16], ...MANY.slice(0, 3)].filter((one) => one !== undefined);
    expect(names(scrambled(withAttributes(backwards)))[0]).toBe('2:');
  });

  test('keeps access lists', () => {
    const view = scrambled(withAttributes(MANY));
    const list = entriesOf(view).find(({ nameIndex }) => nameIndex === 2);
    expect(list && text(view, list.value, list.valueSize)).toBe('an access list');
  });

  test('keeps wrong hashes wrong, and absent ones absent', () => {
    const disk = withAttributes(MANY.slice(0, 2));
    const view = new DataView(disk.bytes.buffer, BLOCK * SIZE, SIZE);
    const [first, second] = entriesOf(view);
    xattrEntryLayout.e_hash.set(view, first?.at ?? 0, 0x1234);
    xattrEntryLayout.e_hash.set(view, second?.at ?? 0, 0);
    const after = scrambled(disk);
    const hashes = entriesOf(after).map((entry) => ({
      stored: xattrEntryLayout.e_hash.get(after, entry.at),
      right: xattrEntryHash(after, entry),
    }));
    const zero = hashes.filter(({ stored }) => stored === 0);
    const wrong = hashes.filter(({ stored }) => stored !== 0);
    expect([zero.length, wrong.length]).toEqual([1, 1]);
    expect(wrong[0]?.stored).not.toBe(wrong[0]?.right);
    expect(wrong[0]?.stored).not.toBe(0x1234);
  });

  test('has zeros after names and values that do not fill their words', () => {
    const disk = withAttributes([{ index: 1, name: 'abcde', value: 'value' }]);
    const at = BLOCK * SIZE;
    disk.bytes.set([7, 7, 7], at + 32 + 16 + 5);
    disk.bytes.set([7, 7, 7], at + SIZE - 3);
    const view = scrambled(disk);
    expect([...new Uint8Array(view.buffer, 32 + 16 + 5, 7)]).toEqual(new Array(7).fill(0));
    expect(text(view, 32 + 16, 5)).toMatch(/^[\w-]{5}$/);
    expect([...new Uint8Array(view.buffer, SIZE - 3, 3)]).toEqual([0, 0, 0]);
  });

  test('has equal values for equal ones, whatever their names are, and different values for different ones', () => {
    const list = ['first', 'second', 'third'].map((name, i) => ({ index: 1, name, value: i < 2 ? 'same' : 'else' }));
    const view = scrambled(withAttributes(list));
    const values = entriesOf(view).map(({ value, valueSize }) => text(view, value, valueSize));
    expect(values).toHaveLength(3);
    expect(new Set(values).size).toBe(2);
  });

  test('has a right hash when it had one of signed characters, as old kernels made them', () => {
    const disk = withAttributes([{ index: 1, name: 'name', value: 'value' }]);
    const view = new DataView(disk.bytes.buffer, BLOCK * SIZE, SIZE);
    view.setUint8(32 + 16, 0xe9);
    const [entry] = entriesOf(view);
    if (entry === undefined) throw new Error('the entry is missing');
    const signed = xattrEntryHash(view, entry, { isSigned: true });
    expect(signed).not.toBe(xattrEntryHash(view, entry));
    xattrEntryLayout.e_hash.set(view, entry.at, signed);
    const after = scrambled(disk);
    const [renewed] = entriesOf(after);
    expect(renewed && xattrEntryHash(after, renewed)).toBe(xattrEntryLayout.e_hash.get(after, 32));
  });

  test('has a right checksum when it had one, by the number of its block', () => {
    const context = testContext(undefined, { hasChecksums: true, seed: 4321 });
    const { bytes, view } = emptyBlock(SIZE, 90);
    bytes.set(withAttributes(MANY.slice(0, 3)).bytes.subarray(BLOCK * SIZE, (BLOCK + 1) * SIZE));
    const checksum = xattrHeaderLayout.h_checksum;
    for (const stored of [xattrBlockChecksum(4321, 90, bytes), 0x1234]) {
      const isRight = stored !== 0x1234;
      checksum.set(view, 0, stored);
      const block = blockOf(bytes.slice(), 90);
      scrambleAttributeBlock(context, block, noCounts());
      expect(checksum.get(block.view, 0) === xattrBlockChecksum(4321, 90, block.bytes)).toBe(isRight);
      expect([0, 0x1234]).not.toContain(checksum.get(block.view, 0));
    }
  });

  test('has zeros in the reserved words of its header, and its checksum without the feature', () => {
    const disk = withAttributes(MANY.slice(0, 1));
    disk.bytes.fill(7, BLOCK * SIZE + 16, BLOCK * SIZE + 32);
    const view = scrambled(disk);
    expect([...new Uint8Array(view.buffer, 16, 16)]).toEqual([7, 7, 7, 7, ...new Array(12).fill(0)]);
  });

  test('with another magic number, or damaged after its entries, is scrambled as bytes there', () => {
    const disk = withAttributes(MANY.slice(0, 1));
    const at = BLOCK * SIZE;
    plantSecret(disk.bytes, at + 64, at + 900);
    // An entry that is longer than the block.
    disk.bytes[at + 64] = 255;
    disk.bytes.set([1], at + 65);
    const before = disk.bytes.slice(at, at + SIZE);
    const view = scrambled(disk);
    expect(findSecret(new Uint8Array(view.buffer))).toBe(-1);
    expect(before).not.toEqual(new Uint8Array(view.buffer));
    const bytes = secretBytes(SIZE);
    const counts = noCounts();
    scrambleAttributeBlock(testContext(), blockOf(bytes, 90), counts);
    expect(findSecret(bytes)).toBe(-1);
    expect(counts).toEqual({ ...noCounts(), damagedBlocks: 1 });
  });

  test('keeps a value outside of the block, and clears what is not covered', () => {
    const disk = withAttributes(MANY.slice(0, 2));
    const view = new DataView(disk.bytes.buffer, BLOCK * SIZE, SIZE);
    const [first] = entriesOf(view);
    xattrEntryLayout.e_value_offs.set(view, first?.at ?? 0, SIZE - 2);
    const after = scrambled(disk);
    expect(xattrEntryLayout.e_value_offs.get(after, first?.at ?? 0)).toBe(SIZE - 2);
    expect(text(after, 0, SIZE)).not.toMatch(/colour|green/);
  });

  test('loses what is between entries and values', () => {
    const disk = withAttributes(MANY.slice(0, 1));
    disk.bytes.fill(0x73, BLOCK * SIZE + 100, BLOCK * SIZE + 900);
    expect(text(scrambled(disk), 0, SIZE)).not.toContain('s'.repeat(8));
  });
});

test('a value in an inode of its own has the hash that its inode stores, if it had before', () => {
  const disk = new TinyFilesystem();
  const fs = openFilesystem(disk);
  const value = new TextEncoder().encode('a secret value that is kept in an inode');
  disk.bytes.set(value, 50 * SIZE);
  const inode = disk.extents(13, 'regular', 0, [[0, 1, 50]]);
  inodeLayout.i_flags.set(disk.view, inode, 0x28_0000);
  inodeLayout.i_size_lo.set(disk.view, inode, value.length);
  const seed = filesystemSeed(fs.superblock);
  const hashes = (stored: number): { readonly stored: number; readonly right: number } => {
    inodeLayout.i_atime.set(disk.view, inode, stored);
    const scrambler = scramblerOf(disk);
    const block = disk.bytes.slice(50 * SIZE, 51 * SIZE);
    scrambler.transform(block, 50 * SIZE);
    expect(new TextDecoder().decode(block)).not.toContain('secret');
    expect(block.subarray(value.length).every((byte) => byte === 0)).toBe(true);
    const table = Math.floor(inode / SIZE) * SIZE;
    const bytes = disk.bytes.slice(table, table + SIZE);
    scrambler.transform(bytes, table);
    const kept = inodeLayout.i_atime.get(new DataView(bytes.buffer), inode - table);
    return { stored: kept, right: crc32c(seed, block.subarray(0, value.length)) };
  };
  const right = hashes(crc32c(seed, value));
  expect(right.stored).toBe(right.right);
  const wrong = hashes(12_345);
  expect([wrong.right, 12_345]).not.toContain(wrong.stored);
});
