import fc from 'fast-check';
import { FOLDED_ALPHABET, PLAIN_ALPHABET } from '../secret/alphabet.ts';
import { KeyedHash } from '../secret/keyed-hash.ts';
import { OWNER_FLAG } from '../survey/block-classes.ts';
import { TEST_KEY } from '../testing/scramble-context.ts';
import { alphabetOf, NameStreams, packName, unpackName } from './name-streams.ts';

const streamsOf = (inode: number, flags = 0): NameStreams => new NameStreams(new KeyedHash(TEST_KEY), inode, flags);

function nameOf(streams: NameStreams, length: number, index: number): string {
  const bytes = new Uint8Array(length + 6);
  streams.write(bytes, 3, length, index);
  expect([bytes[2], bytes[length + 3]]).toEqual([0, 0]);
  return String.fromCharCode(...bytes.subarray(3, 3 + length));
}

describe('streams of names', () => {
  test('give the same name for the same number, whatever was asked for before', () => {
    const streams = streamsOf(12);
    const first = nameOf(streams, 20, 5);
    nameOf(streams, 30, 5);
    nameOf(streams, 20, 6);
    expect(nameOf(streams, 20, 5)).toBe(first);
    expect(nameOf(streamsOf(12), 20, 5)).toBe(first);
  });

  test('give other names for another number, length, directory and key', () => {
    const names = [
      nameOf(streamsOf(12), 20, 0),
      nameOf(streamsOf(12), 20, 1),
      nameOf(streamsOf(12), 21, 0).slice(0, 20),
      nameOf(streamsOf(13), 20, 0),
      nameOf(new NameStreams(new KeyedHash(TEST_KEY.map((byte) => byte + 1)), 12, 0), 20, 0),
    ];
    expect(new Set(names).size).toBe(names.length);
  });

  test('have as many names as numbers: thousands of eight characters are different', () => {
    const streams = streamsOf(12);
    expect(new Set(Array.from({ length: 5000 }, (_, index) => nameOf(streams, 8, index))).size).toBe(5000);
  });

  test('use the alphabet of their directory', () => {
    expect(alphabetOf(OWNER_FLAG.casefold)).toBe(FOLDED_ALPHABET);
    expect(alphabetOf(OWNER_FLAG.indexed | OWNER_FLAG.encrypted)).toBe(PLAIN_ALPHABET);
    expect(nameOf(streamsOf(12, OWNER_FLAG.casefold), 255, 0)).toMatch(/^[a-z0-9_-]+$/);
    expect(nameOf(streamsOf(12), 255, 0)).toMatch(/[A-Z]/);
  });

  test('have an order for each short length, as a number of 32 bits', () => {
    const orders = [1, 2, 3].flatMap((length) => [streamsOf(12).order(length), streamsOf(13).order(length)]);
    expect(new Set(orders).size).toBe(6);
    expect(orders.every((order) => Number.isInteger(order) && order >= 0 && order < 2 ** 32)).toBe(true);
    expect(streamsOf(12).order(2)).toBe(orders[2]);
  });
});

test('a short name is packed into a number and back', () => {
  const name = fc.uint8Array({ min: 1, minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(name, fc.nat(3), (bytes, from) => {
      const buffer = new Uint8Array(12);
      buffer.set(bytes, from);
      const packed = packName(buffer, from, bytes.length);
      expect(packed).toBeGreaterThan(0);
      const into = new Uint8Array(12);
      expect(unpackName(packed, into, from)).toBe(bytes.length);
      expect(into).toEqual(buffer);
    }),
  );
});
