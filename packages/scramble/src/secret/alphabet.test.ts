import { FOLDED_ALPHABET, LEGAL_BYTES, PLAIN_ALPHABET, spell } from './alphabet.ts';

const text = (bytes: Uint8Array): string => String.fromCharCode(...bytes);

describe('an alphabet', () => {
  test.each([
    ['plain', PLAIN_ALPHABET, 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_'],
    ['folded', FOLDED_ALPHABET, 'abcdefghijklmnopqrstuvwxyz0123456789-_abcdefghijklmnopqrstuvwxyz'],
  ])('%s has 64 characters, the different ones first', (_name, { characters, size }, expected) => {
    expect(text(characters)).toBe(expected);
    expect(new Set(characters.subarray(0, size)).size).toBe(size);
    expect(new Set(characters).size).toBe(size);
  });

  test('of legal bytes has all that a name may hold and a terminal survives', () => {
    const illegal = [0x20, 0x7f, 0x80, 0x9f, 0x2e, 0x2f, 0];
    const legal = [0x21, 0x2d, 0x30, 0x7e, 0xa0, 0xff];
    expect(illegal.filter((byte) => LEGAL_BYTES.includes(byte))).toEqual([]);
    expect(legal.filter((byte) => !LEGAL_BYTES.includes(byte))).toEqual([]);
    expect(LEGAL_BYTES).toHaveLength(256 - 0x21 - 1 - 0x20 - 2);
  });
});

/** The definition of xoroshiro64* with whole numbers, as the independent second opinion. */
function reference(high: number, low: number, length: number): string {
  const MASK = 0xffff_ffffn;
  const rotl = (value: bigint, by: bigint): bigint => ((value << by) | (value >> (32n - by))) & MASK;
  let s0 = BigInt(high >>> 0);
  let s1 = BigInt(low >>> 0);
  let spelled = '';
  while (spelled.length < length) {
    let bits = ((s0 * 0x9e37_79bbn) & MASK) >> 2n;
    s1 ^= s0;
    s0 = rotl(s0, 26n) ^ s1 ^ ((s1 << 9n) & MASK);
    s1 = rotl(s1, 13n);
    for (let i = 0; i < 5; i++) {
      spelled += String.fromCharCode(PLAIN_ALPHABET.characters[Number(bits & 63n)] ?? 0);
      bits >>= 6n;
    }
  }
  return spelled.slice(0, length);
}

describe('spelling', () => {
  const spelled = (high: number, low: number, length: number, from = 0): string => {
    const bytes = new Uint8Array(from + length + 3);
    spell(bytes, from, length, high, low, PLAIN_ALPHABET);
    expect(bytes.subarray(0, from).every((byte) => byte === 0)).toBe(true);
    expect(bytes.subarray(from + length).every((byte) => byte === 0)).toBe(true);
    return text(bytes.subarray(from, from + length));
  };

  test.each([
    [1, 2],
    [0, 1],
    [1, 0],
    [0xffff_ffff, 0x8000_0000],
    [-5, 0x1234_5678],
  ])('is xoroshiro64* of two words: %i and %i', (high, low) => {
    for (const length of [0, 1, 5, 6, 255]) expect(spelled(high, low, length, 7)).toBe(reference(high, low, length));
  });

  test('is not the same letter for two zeros', () => {
    expect(spelled(0, 0, 20)).toBe(reference(0, 1, 20));
  });
});
