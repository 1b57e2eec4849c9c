import { inodeLayout, MODE } from '@e2image/ext-core/structures';
import fc from 'fast-check';
import { KeyedHash } from '../secret/keyed-hash.ts';
import { TEST_KEY } from '../testing/scramble-context.ts';
import { findSecret, plantSecret } from '../testing/secret-text.ts';
import { isGarbageInode, scrambleGarbageFields } from './garbage-inode.ts';

const BASE = 256;

/** An inode at byte `BASE` with these fields. */
function inode(mode: number, extraSize: number): DataView {
  const view = new DataView(new ArrayBuffer(1024));
  inodeLayout.i_mode.set(view, BASE, mode);
  inodeLayout.i_extra_isize.set(view, BASE, extraSize);
  return view;
}

describe('an inode in use is garbage', () => {
  test.each([0, 0x3000, 0x5000, 0x7000, 0x9000, 0xb000, 0xd000, 0xe000, 0xf000])('when its type is 0x%x', (type) => {
    expect(isGarbageInode(inode(type | 0o644, 32), BASE, 256)).toBe(true);
    expect(isGarbageInode(inode(type | 0o644, 32), BASE, 128)).toBe(true);
  });

  test.each(Object.entries(MODE))('but not when it is of type %s', (_name, type) => {
    expect(isGarbageInode(inode(type | 0o644, 32), BASE, 256)).toBe(false);
    expect(isGarbageInode(inode(type | 0o644, 32), BASE, 128)).toBe(false);
  });

  test.each([
    [0, false],
    [4, false],
    [124, false],
    [1, true],
    [30, true],
    [128, true],
    [0xffff, true],
  ])('when its extra fields have an impossible size: %i', (extraSize, isGarbage) => {
    expect(isGarbageInode(inode(MODE.regular, extraSize), BASE, 256)).toBe(isGarbage);
    expect(isGarbageInode(inode(MODE.regular, extraSize), BASE, 128)).toBe(false);
  });
});

/** What decides what e2fsck reports for an inode. */
const KEPT = [
  'i_mode',
  'i_size_lo',
  'i_dtime',
  'i_links_count',
  'i_flags',
  'i_block',
  'i_file_acl_lo',
  'i_blocks_hi',
  'i_file_acl_hi',
  'i_checksum_lo',
  'i_reserved',
  'i_extra_isize',
  'i_checksum_hi',
];

function scrambled(bytes: Uint8Array, size: number): Uint8Array {
  const after = bytes.slice();
  scrambleGarbageFields(new KeyedHash(TEST_KEY), after, { base: BASE, size });
  return after;
}

describe('the fields of a garbage inode', () => {
  const before = new Uint8Array(1024);
  plantSecret(before, 0, 1024);

  test.each([128, 256])('change but for those that e2fsck judges, inodes of %i bytes', (size) => {
    const after = scrambled(before, size);
    const changed = Object.entries(inodeLayout)
      .filter(([, field]) => field.offset + field.size <= size)
      .filter(([, { offset, size }]) => {
        const [from, to] = [BASE + offset, BASE + offset + size];
        return !after.slice(from, to).every((byte, i) => byte === before[from + i]);
      })
      .map(([name]) => name);
    const others = Object.entries(inodeLayout)
      .filter(([name, { offset, size: width }]) => !KEPT.includes(name) && offset + width <= size)
      .map(([name]) => name);
    expect(changed).toEqual(others);
  });

  test.each([128, 256])('are the only bytes that change, inodes of %i bytes', (size) => {
    const after = scrambled(before, size);
    const first = BASE + inodeLayout.i_uid.offset;
    const end = BASE + (size === 128 ? 0x7c : 0xa0);
    expect(after.subarray(0, first)).toEqual(before.subarray(0, first));
    expect(after.subarray(end)).toEqual(before.subarray(end));
  });

  test('hold no 8 bytes of a secret afterwards, besides the map area and the checksums, which others write', () => {
    const after = scrambled(before, 256).slice(BASE, BASE + 0xa0);
    for (const field of [inodeLayout.i_block, inodeLayout.i_checksum_lo, inodeLayout.i_checksum_hi]) {
      after.fill(0, field.offset, field.offset + field.size);
    }
    expect(findSecret(after)).toBe(-1);
  });

  test('are the same for the same key, and zero bytes stay zero', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1024, maxLength: 1024 }), (bytes) => {
        const after = scrambled(bytes, 256);
        expect(scrambled(bytes, 256)).toEqual(after);
        expect([...after].map((byte) => byte === 0)).toEqual([...bytes].map((byte) => byte === 0));
      }),
      { numRuns: 20 },
    );
  });
});
