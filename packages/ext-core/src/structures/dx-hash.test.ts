import { createDxHasher, DX_HASH } from './dx-hash.ts';

const bytes = (hex: string): Uint8Array => Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
/** 8f1c4b2a-6d3e-4f50-9a7b-c1d2e3f40516 */
const SEED = bytes('8f1c4b2a6d3e4f509a7bc1d2e3f40516');
const NONE = new Uint8Array(16);
const LONG = 'aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeee';

function hashOf(version: number, seed: Uint8Array, name: string): string {
  const hasher = createDxHasher(version, seed);
  // A name in the middle of a block, and a hasher that was used before.
  hasher.hash(bytes('ffee'), 0, 2);
  const text = new TextEncoder().encode(name);
  const block = new Uint8Array(text.length + 20).fill(0x55);
  block.set(text, 9);
  const hash = hasher.hash(block, 9, text.length);
  const word = (value: number): string => value.toString(16).padStart(8, '0');
  return `${word(hash)}/${word(hasher.minor)}`;
}

describe('the hash of a directory name', () => {
  // debugfs -R 'dx_hash -h N -s SEED "name"'
  test.each([
    ['a', 'e74b53e2', 'f2a8ad5a/85057408', '2a4070fe/841b7f0d'],
    ['lost+found', '5e2aba24', 'bff632a2/46117a17', '9ee2a092/903d26fa'],
    ['hello world', 'e0a6a922', '394d85ac/8c131831', 'd558e562/c4e8e6e3'],
    ['file_name_400', '08f165e2', '13f207a2/469c400c', '4a0eb6a4/519e01d0'],
    [LONG, '754523ca', 'b3b4a588/9faded8f', 'd09b3ebc/e3620e27'],
  ])('is what debugfs computes for %s, signed and unsigned alike', (name, legacy, md4, tea) => {
    expect(hashOf(DX_HASH.legacy, SEED, name)).toBe(`${legacy}/00000000`);
    expect(hashOf(DX_HASH.legacyUnsigned, SEED, name)).toBe(`${legacy}/00000000`);
    expect(hashOf(DX_HASH.halfMd4, SEED, name)).toBe(md4);
    expect(hashOf(DX_HASH.halfMd4Unsigned, SEED, name)).toBe(md4);
    expect(hashOf(DX_HASH.tea, SEED, name)).toBe(tea);
    expect(hashOf(DX_HASH.teaUnsigned, SEED, name)).toBe(tea);
  });

  test.each([
    [DX_HASH.legacy, '0bb32478/00000000'],
    [DX_HASH.halfMd4, 'b9af2d74/5e109f12'],
    [DX_HASH.tea, 'ee2f9c5e/72d5b85d'],
    [DX_HASH.legacyUnsigned, '337f3fd6/00000000'],
    [DX_HASH.halfMd4Unsigned, '19f7f07e/318362a8'],
    [DX_HASH.teaUnsigned, '3c9c9228/b3ff536e'],
  ])('takes the sign of characters above 127 from version %i', (version, hash) => {
    expect(hashOf(version, SEED, 'naïve.txt')).toBe(hash);
  });

  test.each([
    [DX_HASH.halfMd4, 'a', 'd5fa7d7a/acb48187'],
    [DX_HASH.halfMd4, 'lost+found', '591de422/6ffc56e0'],
    [DX_HASH.halfMd4, 'hello world', '36f15d9e/108b37f5'],
    [DX_HASH.tea, 'a', '6d0ea4c0/c18922df'],
  ])('begins with the standard words where there is no seed: version %i, %s', (version, name, hash) => {
    expect(hashOf(version, NONE, name)).toBe(hash);
  });

  test.each([6, 7, 255])('version %i cannot be computed', (version) => {
    expect(() => createDxHasher(version, SEED)).toThrow(expect.objectContaining({ code: 'EXT_CORRUPT' }));
  });
});
