import fc from 'fast-check';
import { TAIL, writeRecords, writeTail } from '../testing/directory-blocks.ts';
import { blockRecords, recordList } from './dir-records.ts';

const SIZE = 1024;
const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
const listOf = (bytes: Uint8Array, end = bytes.length) => recordList(bytes, viewOf(bytes), end);

describe('the records of a list', () => {
  test('are found one after the other; names in use are counted, with the shortest', () => {
    const bytes = new Uint8Array(SIZE);
    writeRecords(bytes, [
      { name: '.', length: 12 },
      { name: '..', length: 12 },
      { name: 'first', length: 40 },
      { name: 'abc', inode: 0, length: 40 },
      { name: '', length: 8 },
      { name: 'four' },
    ]);
    expect(listOf(bytes)).toMatchObject({
      positions: [0, 12, 24, 64, 104, 112, SIZE],
      end: SIZE,
      names: 2,
      shortest: 4,
    });
  });

  test('are counted by their names, also those of two characters that are not dots', () => {
    const bytes = new Uint8Array(SIZE);
    writeRecords(bytes, [{ name: '.a' }, { name: 'b' }, { name: '...' }]);
    expect(listOf(bytes)).toMatchObject({ names: 3, shortest: 1 });
  });

  test('without a name in use are as long as none is', () => {
    const bytes = new Uint8Array(SIZE);
    writeRecords(bytes, [{ name: '.' }, { name: '..' }]);
    expect(listOf(bytes)).toMatchObject({ names: 0, shortest: 256 });
  });

  test('end where they are no longer records', () => {
    for (const length of [7, 13, SIZE + 4, 0]) {
      const bytes = new Uint8Array(SIZE);
      writeRecords(bytes, [
        { name: 'a', length: 12 },
        { name: 'b', length },
      ]);
      expect(listOf(bytes)).toMatchObject({ positions: [0, 12], names: 1 });
    }
  });

  test('end before a rest that is shorter than the head of a record', () => {
    const bytes = new Uint8Array(SIZE);
    writeRecords(bytes, [
      { name: 'a', length: SIZE - 8 },
      { name: '', length: 8 },
    ]);
    expect(listOf(bytes)).toMatchObject({ positions: [0, SIZE - 8, SIZE] });
    expect(listOf(bytes, SIZE - 4)).toMatchObject({ positions: [0, SIZE - 8] });
    expect(listOf(new Uint8Array(4))).toMatchObject({ positions: [0], names: 0 });
  });
});

test('the checksum of a block is not a record', () => {
  const bytes = new Uint8Array(SIZE);
  writeRecords(bytes.subarray(0, SIZE - TAIL), [{ name: 'a' }]);
  writeTail(bytes);
  expect(blockRecords(bytes, viewOf(bytes))).toMatchObject({ positions: [0, SIZE - TAIL], end: SIZE - TAIL, names: 1 });
  bytes[SIZE - 5] = 1;
  expect(blockRecords(bytes, viewOf(bytes)).end).toBe(SIZE);
});

test('records of any bytes tile them from the start, up to the end or to what is not a record', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 64, maxLength: 64 }), (bytes) => {
      const { positions, end } = listOf(bytes);
      expect(positions[0]).toBe(0);
      positions.slice(1).forEach((at, i) => {
        const from = positions[i] ?? 0;
        expect(at - from).toBe(viewOf(bytes).getUint16(from + 4, true));
        expect(at).toBeLessThanOrEqual(end);
        expect(8 + (bytes[from + 6] ?? 0)).toBeLessThanOrEqual(at - from);
      });
    }),
  );
});
