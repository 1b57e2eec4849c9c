import fc from 'fast-check';
import {
  decodeExtensions,
  decodeFeatureNames,
  EXTENSION,
  encodeExtensions,
  extensionSize,
  findExtension,
  type HeaderExtension,
  stringExtension,
} from './header-extension.ts';

/** Types that this package does not know, so that they may come twice. */
const UNKNOWN = 0x77;

const extension = fc.record({
  type: fc.integer({ min: 1, max: 100 }),
  data: fc.uint8Array({ maxLength: 40 }),
});

const encoded = (extensions: readonly HeaderExtension[], from = 0): Uint8Array => {
  const cluster = new Uint8Array(4096);
  return cluster.subarray(0, encodeExtensions(cluster, from, extensions));
};

test('an extension takes its 8 bytes and its data, padded to a multiple of 8', () => {
  expect([0, 1, 8, 9].map(extensionSize)).toEqual([8, 16, 16, 24]);
});

test('what is encoded is decoded, unknown types too, twice the same one too', () => {
  fc.assert(
    fc.property(fc.array(extension, { maxLength: 20 }), fc.nat(100), (extensions, from) => {
      const cluster = new Uint8Array(4096);
      const end = encodeExtensions(cluster, from, extensions);
      const sizes = extensions.map(({ data }) => extensionSize(data.length));
      // The end mark takes 8 bytes.
      expect(end).toBe(from + sizes.reduce((sum, size) => sum + size, 8));
      expect(decodeExtensions(cluster, from, end)).toEqual(extensions);
      expect(decodeExtensions(cluster, from, cluster.length)).toEqual(extensions);
    }),
  );
});

test('the data are copies', () => {
  const cluster = encoded([stringExtension(UNKNOWN, 'abc')]);
  const [first] = decodeExtensions(cluster, 0, cluster.length);
  cluster.fill(0);
  expect(first?.data).toEqual(Uint8Array.of(97, 98, 99));
});

test('what follows the end mark is not decoded', () => {
  const cluster = new Uint8Array(64);
  const end = encodeExtensions(cluster, 0, []);
  encodeExtensions(cluster, end, [stringExtension(UNKNOWN, 'abc')]);
  expect(decodeExtensions(cluster, 0, cluster.length)).toEqual([]);
});

test('an end mark may be missing where less than 8 bytes are left', () => {
  const cluster = encoded([stringExtension(UNKNOWN, 'abcdefgh'), stringExtension(UNKNOWN, 'x')]);
  expect(decodeExtensions(cluster, 0, 16)).toHaveLength(1);
  expect(decodeExtensions(cluster, 0, 23)).toHaveLength(1);
});

test('an extension without data may be the last 8 bytes of the range', () => {
  const cluster = encoded([stringExtension(UNKNOWN, '')]);
  expect(decodeExtensions(cluster, 0, 8)).toEqual([{ type: UNKNOWN, data: new Uint8Array(0) }]);
  expect(decodeExtensions(cluster, 0, 7)).toEqual([]);
});

test.each([
  // The last byte of the data is the last one of the range, and one byte past it.
  [16, undefined],
  [15, { field: 'extension', hostOffset: 0, value: 8 }],
])('8 bytes of data in a range that ends at byte %i', (to, detail) => {
  const cluster = encoded([stringExtension(UNKNOWN, 'abcdefgh')]);
  const decode = () => decodeExtensions(cluster, 0, to);
  if (detail === undefined) expect(decode()).toHaveLength(1);
  else expect(decode).toThrow(expect.objectContaining({ code: 'QCOW2_CORRUPT', detail }));
});

test('an extension that runs past the range is named with its type, offset and length', () => {
  const cluster = encoded([stringExtension(UNKNOWN, ''), stringExtension(UNKNOWN, 'abc')]);
  expect(() => decodeExtensions(cluster, 0, 18)).toThrow(
    'header extension 0x00000077 at byte 8 is 3 bytes long, 2 are left for it',
  );
});

test('the longest length is one that runs past the range', () => {
  const cluster = new Uint8Array(16).fill(0xff);
  expect(() => decodeExtensions(cluster, 0, 16)).toThrow('is 4294967295 bytes long, 8 are left for it');
});

test.each(Object.entries(EXTENSION).filter(([, type]) => type !== EXTENSION.end))(
  'the known type %s may come once',
  (_, type) => {
    const cluster = encoded([{ type, data: Uint8Array.of(1) }, stringExtension(UNKNOWN, 'x')]);
    expect(decodeExtensions(cluster, 0, cluster.length)).toHaveLength(2);
    const twice = encoded([
      { type, data: Uint8Array.of(1) },
      { type, data: Uint8Array.of(2) },
    ]);
    expect(() => decodeExtensions(twice, 0, twice.length)).toThrow(
      expect.objectContaining({
        code: 'QCOW2_CORRUPT',
        message: `header extension 0x${type.toString(16).padStart(8, '0')} comes twice`,
        detail: { field: 'extension', hostOffset: 16, value: type },
      }),
    );
  },
);

test('the first extension of a type is found, or none', () => {
  const extensions = [stringExtension(1, 'a'), stringExtension(2, 'b'), stringExtension(2, 'c')];
  expect(findExtension(extensions, 2)).toBe(extensions[1]?.data);
  expect(findExtension(extensions, 3)).toBeUndefined();
});

test('a string is UTF-8 without a terminator', () => {
  expect(stringExtension(UNKNOWN, 'é')).toEqual({ type: UNKNOWN, data: Uint8Array.of(0xc3, 0xa9) });
});

describe('a feature name table', () => {
  /** An entry: kind, bit, and 46 bytes for the name. */
  function entry(kind: number, bit: number, name: string | Uint8Array): Uint8Array {
    const bytes = new Uint8Array(48);
    bytes.set([kind, bit]);
    bytes.set(typeof name === 'string' ? new TextEncoder().encode(name) : name, 2);
    return bytes;
  }
  const table = (...entries: readonly Uint8Array[]) => Uint8Array.from(entries.flatMap((bytes) => [...bytes]));

  test('has three kinds; entries of another kind are left out, and those after them are not', () => {
    const data = table(entry(0, 1, 'a'), entry(1, 2, 'b'), entry(3, 4, 'x'), entry(2, 63, 'c'));
    expect(decodeFeatureNames(data)).toEqual([
      { kind: 'incompatible', bit: 1, name: 'a' },
      { kind: 'compatible', bit: 2, name: 'b' },
      { kind: 'autoclear', bit: 63, name: 'c' },
    ]);
  });

  test('has names of 46 bytes at most, which end at the first zero', () => {
    const long = 'n'.repeat(46);
    const cut = Uint8Array.of(97, 0, 98, 10, 0, 99);
    expect(
      decodeFeatureNames(table(entry(0, 1, long), entry(0, 2, cut), entry(0, 3, ''))).map(({ name }) => name),
    ).toEqual([long, 'a', '']);
  });

  test('has no part of an entry at its end', () => {
    const data = table(entry(0, 1, 'a'), entry(0, 2, 'b'));
    expect([47, 48, 95, 96].map((length) => decodeFeatureNames(data.subarray(0, length)).length)).toEqual([0, 1, 1, 2]);
  });

  test('replaces bytes that are not UTF-8', () => {
    expect(decodeFeatureNames(entry(0, 1, Uint8Array.of(0xff, 97)))).toEqual([
      { kind: 'incompatible', bit: 1, name: '\u{fffd}a' },
    ]);
  });
});
