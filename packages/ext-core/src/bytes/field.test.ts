import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isExtError } from './errors.ts';
import { blockNumber, bytes, type Field, safeU64, u8, u16, u16be, u32, u32be, u64 } from './field.ts';

test.each<[string, Field, number, readonly number[]]>([
  ['u8', u8(2), 0xa1, [0xa1]],
  ['u16', u16(2), 0xa1b2, [0xb2, 0xa1]],
  ['u32', u32(2), 0xa1b2_c3d4, [0xd4, 0xc3, 0xb2, 0xa1]],
  ['u64', u64(2), 0x12_3456_789a_bcde, [0xde, 0xbc, 0x9a, 0x78, 0x56, 0x34, 0x12, 0]],
  ['u16be', u16be(2), 0xa1b2, [0xa1, 0xb2]],
  ['u32be', u32be(2), 0xa1b2_c3d4, [0xa1, 0xb2, 0xc3, 0xd4]],
])('%s has its byte order, and its offset from the base', (_, field, value, stored) => {
  const raw = new Uint8Array(16);
  const view = new DataView(raw.buffer);
  field.set(view, 3, value);
  expect([...raw]).toEqual([0, 0, 0, 0, 0, ...stored, ...new Array(11 - stored.length).fill(0)]);
  expect(field.get(view, 3)).toBe(value);
  expect([field.offset, field.size]).toEqual([2, stored.length]);
});

test('a run of bytes is a window on the buffer of a view, wherever that begins', () => {
  const raw = new Uint8Array(16);
  bytes(2, 3).get(new DataView(raw.buffer, 4), 1).fill(9);
  expect([...raw]).toEqual([0, 0, 0, 0, 0, 0, 0, 9, 9, 9, 0, 0, 0, 0, 0, 0]);
});

describe('two halves', () => {
  test('are joined exactly up to 2^53 - 1, and refused above', () => {
    expect(safeU64(0, 0xffff_ffff)).toBe(2 ** 32 - 1);
    expect(safeU64(1, 2)).toBe(2 ** 32 + 2);
    expect(safeU64(0x1f_ffff, 0xffff_ffff)).toBe(Number.MAX_SAFE_INTEGER);
    const join = (): number => safeU64(0x20_0000, 0);
    expect(join).toThrow(expect.objectContaining({ code: 'EXT_TOO_LARGE' }));
    expect(join).toThrow(/0x200000_0 exceeds/);
    expect(isExtError(new Error('other'))).toBe(false);
  });

  test('of a block number are never taken for a smaller one', () => {
    expect(blockNumber(1, 2)).toBe(2 ** 32 + 2);
    expect(blockNumber(0xffff_ffff, 0xffff_ffff)).toBeGreaterThan(2 ** 53);
  });
});

/** Files that access bytes of structures without a layout, because they run for every inode or block pointer. */
const HOT: Readonly<Record<string, string>> = {
  'walk/block-map.ts': 'reads every block pointer of every indirect block',
  'walk/plain-file.ts': 'reads the extents of nearly every file; `walkExtents` is the readable form',
};

/** Sources of the package that are not tests, by path below `src`. */
function sources(folder = ''): string[] {
  const names = readdirSync(join(__dirname, '..', folder), { withFileTypes: true });
  return names.flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return path === 'testing' ? [] : sources(path);
    return path.endsWith('.ts') && !path.endsWith('.test.ts') ? [path] : [];
  });
}

test('numbers are read and written by layouts only, except in hot files with a reason', () => {
  const direct = sources().filter((path) =>
    /\b[gs]et(?:Ui|I|BigUi|BigI)nt(?:8|16|32|64)\(/.test(readFileSync(join(__dirname, '..', path), 'utf8')),
  );
  expect(direct.sort()).toEqual(['bytes/field.ts', ...Object.keys(HOT)].sort());
});
