import { KeyedHash, PURPOSE } from './keyed-hash.ts';

const bytes = (hex: string): Uint8Array => Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
const KEY = bytes('000102030405060708090a0b0c0d0e0f');

describe('KeyedHash', () => {
  test.each([
    // Purpose and number are the first 8 bytes of the message.
    ['00010203040506', 'a129ca6149be45e5', [0x0302_0100, 0x0706_0504, '08090a0b0c0d0e']],
  ])('is SipHash-2-4 of head and bytes', (_name, digest, [first, second, rest]) => {
    const hash = new KeyedHash(KEY);
    hash.digest(Number(first) as never, Number(second), bytes(String(rest)), 0, 7);
    const word = (value: number): string => (value >>> 0).toString(16).padStart(8, '0');
    expect(word(hash.high) + word(hash.low)).toBe(digest);
  });

  test('depends on purpose, number, each byte and the length', () => {
    const hash = new KeyedHash(KEY);
    const seen = new Set<string>();
    const add = (): void => void seen.add(`${hash.high},${hash.low}`);
    const text = bytes('00000000000000000000000000000000');
    for (let length = 0; length <= 16; length++) {
      hash.digest(PURPOSE.name, 5, text, 0, length);
      add();
    }
    for (let at = 0; at < 16; at++) {
      hash.digest(PURPOSE.name, 5, text.with(at, 1), 0, 16);
      add();
    }
    hash.digest(PURPOSE.linkTarget, 5, text, 0, 16);
    add();
    hash.digest(PURPOSE.name, 6, text, 0, 16);
    add();
    hash.digest(PURPOSE.name, 7, text, 0, 16);
    add();
    hash.digest(PURPOSE.linkTarget, 7, text, 0, 16);
    add();
    expect(seen.size).toBe(17 + 16 + 4);
  });

  test('does not depend on what was digested before', () => {
    const digestOf = (hash: KeyedHash): number[] => {
      hash.digest(PURPOSE.name, 5, KEY, 1, 13);
      return [hash.high, hash.low];
    };
    const hash = new KeyedHash(KEY);
    const first = digestOf(hash);
    hash.digest(PURPOSE.name, 6, KEY, 0, 3);
    expect([digestOf(hash), digestOf(hash), digestOf(new KeyedHash(KEY))]).toEqual([first, first, first]);
  });

  test('digests two numbers as it does their bytes', () => {
    const hash = new KeyedHash(KEY);
    hash.digestNumbers(PURPOSE.drawnNames, 9, 0x0403_0201);
    const { high, low } = hash;
    hash.digest(PURPOSE.drawnNames, 9, bytes('01020304'), 0, 4);
    expect([hash.high, hash.low]).toEqual([high, low]);
  });

  test('takes messages longer than its buffer', () => {
    const hash = new KeyedHash(KEY);
    hash.digest(PURPOSE.bytes, 0, new Uint8Array(70_000), 0, 70_000);
    expect(hash.high).not.toBe(0);
  });
});
