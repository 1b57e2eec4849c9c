import fc from 'fast-check';
import {
  encodeMapfile,
  type Mapfile,
  type MapStatus,
  mapfileHead,
  mapfileLine,
  mapfileOf,
  parseMapfile,
  unreadRanges,
} from './mapfile.ts';

const statuses: fc.Arbitrary<MapStatus> = fc.constantFrom('+', '-', '?', '*', '/');

const maps: fc.Arbitrary<Mapfile> = fc
  .record({
    currentOffset: fc.integer({ min: 0, max: 2 ** 45 }),
    currentStatus: fc.constantFrom('?', '*', '/', '-', 'F', 'G', '+'),
    currentPass: fc.integer({ min: 1, max: 9 }),
    first: fc.integer({ min: 0, max: 2 ** 45 }),
    pieces: fc.array(fc.tuple(fc.integer({ min: 1, max: 2 ** 40 }), statuses), { maxLength: 20 }),
  })
  .map(({ first, pieces, ...rest }) => {
    let offset = first;
    const ranges = pieces.map(([length, status]) => {
      const range = { offset, length, status };
      offset += length;
      return range;
    });
    return { ...rest, ranges };
  });

test('a mapfile that was written is read back equal', () => {
  fc.assert(fc.property(maps, (map) => expect(parseMapfile(encodeMapfile(map, 'Made by a test'))).toEqual(map)));
});

test('the example of the ddrescue manual is read', () => {
  const text = `# Mapfile. Created by GNU ddrescue version 1.27
# Command line: ddrescue -d -r3 /dev/fd0 fdimage mapfile
# current_pos  current_status  current_pass
0x00000000     ?               1
#      pos        size  status
0x00000000  0x00100000  +
0x00100000  0x00010000  -
0x00110000  0x00058000  ?
`;
  expect(parseMapfile(text).ranges).toEqual([
    { offset: 0, length: 0x10_0000, status: '+' },
    { offset: 0x10_0000, length: 0x1_0000, status: '-' },
    { offset: 0x11_0000, length: 0x5_8000, status: '?' },
  ]);
});

test('offsets may be decimal and octal, the pass may be missing', () => {
  expect(parseMapfile('010 +\n8 010 +\n16 0x10 -\n')).toEqual({
    currentOffset: 8,
    currentStatus: '+',
    currentPass: 1,
    ranges: [
      { offset: 8, length: 8, status: '+' },
      { offset: 16, length: 16, status: '-' },
    ],
  });
});

test.each([
  ['nothing', '', 'line 1: no status line'],
  ['an unknown status', '0 x 1', "line 1: '0 x 1' is not a status line"],
  ['a range of unknown status', '0 + 1\n0 8 x', "line 2: '0 8 x' is not a range"],
  ['a gap', '0 + 1\n0 8 +\n16 8 -', 'line 3: range begins at 16, not at 8'],
  ['an overlap', '0 + 1\n0 8 +\n4 8 -', 'line 3: range begins at 4, not at 8'],
  ['an empty range', '0 + 1\n0 0 +', 'line 2: bad length'],
  ['a number with junk', '0 + 1\n0 8k +', "line 2: '8k' is not an offset"],
  ['a number above 2^53', '0 + 1\n0 0x20000000000001 +', "line 2: '0x20000000000001' is not an offset"],
])('%s is refused with its line', (_name, text, message) => {
  expect(() => parseMapfile(text)).toThrow(expect.objectContaining({ code: 'SPARSE_BAD_MAPFILE' }));
  expect(() => parseMapfile(text)).toThrow(message);
});

test('unreadRanges returns each byte before the size that is not recorded as read, in ranges that do not touch', () => {
  const pieces = fc.array(fc.tuple(fc.integer({ min: 1, max: 9 }), statuses), { maxLength: 12 });
  fc.assert(
    fc.property(fc.nat(9), pieces, fc.nat(60), (first, list, size) => {
      let end = first;
      const ranges = list.map(([length, status]) => {
        end += length;
        return { offset: end - length, length, status };
      });
      const isRead = (byte: number): boolean =>
        ranges.some(({ offset, length, status }) => status === '+' && byte >= offset && byte < offset + length);
      const unread = unreadRanges({ currentOffset: 0, currentStatus: '+', currentPass: 1, ranges }, size);
      const bytes = unread.flatMap(({ offset, length }) => Array.from({ length }, (_, index) => offset + index));
      expect(bytes).toEqual(Array.from({ length: size }, (_, byte) => byte).filter((byte) => !isRead(byte)));
      expect(unread.some(({ offset }) => bytes.includes(offset - 1))).toBe(false);
    }),
  );
});

test('bytes outside all ranges were not read', () => {
  expect(unreadRanges(parseMapfile('0 + 1\n8 8 +\n16 4 *\n20 4 ?'), 32)).toEqual([
    { offset: 0, length: 8 },
    { offset: 16, length: 16 },
  ]);
});

test('an encoded mapfile has the lines of ddrescue, numbers of at least eight digits, and a comment of one line', () => {
  const map: Mapfile = {
    currentOffset: 0x1_2345_678a,
    currentStatus: '?',
    currentPass: 2,
    ranges: [
      { offset: 0, length: 0x200, status: '+' },
      { offset: 0x200, length: 0xabc_def0_1234, status: '-' },
    ],
  };
  const lines = [
    '# Mapfile. made by\ta test',
    '# current_pos  current_status  current_pass',
    '0x12345678A     ?               2',
    '#      pos        size  status',
    '0x00000000  0x00000200  +',
    '0x00000200  0xABCDEF01234  -',
    '',
  ];
  expect(encodeMapfile(map, 'made by\ta test')).toBe(lines.join('\n'));
  expect(encodeMapfile(map, 'two\nlines')).toContain('# Mapfile. two lines\n');
  expect(encodeMapfile(map)).toContain('# Mapfile.\n');
});

test('a file that is written in parts is the same', () => {
  fc.assert(
    fc.property(maps, (map) => {
      const parts = mapfileHead(map, 'x') + map.ranges.map(mapfileLine).join('');
      expect(parts).toBe(encodeMapfile(map, 'x'));
    }),
  );
});

test.each([
  ['a status line of four words', '0 + 1 2', "line 1: '0 + 1 2' is not a status line"],
  ['a range of two words', '0 + 1\n0 8', "line 2: '0 8' is not a range"],
  ['a range of four words', '0 + 1\n0 8 + 9', "line 2: '0 8 + 9' is not a range"],
  ['a range that ends above 2^53', '0 + 1\n0x1FFFFFFFFFFFFF 1 +', 'line 2: bad length'],
  ['an octal number with a decimal digit', '0 + 1\n08 1 +', "line 2: '08' is not an offset"],
  ['a negative number', '0 + 1\n-8 1 +', "line 2: '-8' is not an offset"],
  ['a bad position', '1k + 1', "line 1: '1k' is not an offset"],
  ['a bad pass', '0 + x', "line 1: 'x' is not an offset"],
  ['comments only', '# a\n\n# b\n', 'line 1: no status line'],
])('%s is refused, too', (_name, text, message) => {
  expect(() => parseMapfile(text)).toThrow(`mapfile ${message}`);
});

test('comments, empty lines and blanks around a line are skipped', () => {
  expect(parseMapfile('#\n\n  0x10 - 3  \n#\n\t0 8 +\r\n8 8 /\n')).toEqual({
    currentOffset: 16,
    currentStatus: '-',
    currentPass: 3,
    ranges: [
      { offset: 0, length: 8, status: '+' },
      { offset: 8, length: 8, status: '/' },
    ],
  });
});

test('the last byte of a range may be the last below 2^53', () => {
  expect(parseMapfile('0 + 1\n0 0x1FFFFFFFFFFFFF +').ranges).toEqual([
    { offset: 0, length: Number.MAX_SAFE_INTEGER, status: '+' },
  ]);
});

test('the mapfile of an image is beside it', () => {
  expect(mapfileOf('/a/b.img')).toBe('/a/b.img.mapfile');
});
