import fc from 'fast-check';
import type { ByteRange } from '../base/byte-range.ts';
import { decodeProvenance, encodeProvenance } from './provenance.ts';

const ranges = () =>
  fc.array(fc.record({ offset: fc.nat(2 ** 20), length: fc.integer({ min: 1, max: 4096 }) }), { maxLength: 40 });

const covers = (list: readonly ByteRange[], { offset, length }: ByteRange): boolean =>
  list.some((range) => range.offset <= offset && offset + length <= range.offset + range.length);

describe('encodeProvenance', () => {
  test('never loses an unread byte and never outgrows its room', () => {
    fc.assert(
      fc.property(ranges(), fc.integer({ min: 16, max: 400 }), (unread, room) => {
        const { data } = encodeProvenance(unread, room);
        expect(data.length).toBeLessThanOrEqual(room);
        const decoded = decodeProvenance(data);
        expect(unread.every((range) => covers(decoded, range))).toBe(true);
        decoded.slice(1).forEach((range, index) => {
          const before = decoded[index] ?? range;
          expect(range.offset).toBeGreaterThan(before.offset + before.length);
        });
      }),
    );
  });

  test('is exact while it fits, and closes the smallest gap first when it does not', () => {
    const unread = [
      { offset: 2 ** 40, length: 512 },
      { offset: 0, length: 100 },
      { offset: 300, length: 100 },
    ];
    expect(decodeProvenance(encodeProvenance(unread, 48).data)).toEqual([unread[1], unread[2], unread[0]]);
    expect(decodeProvenance(encodeProvenance(unread, 47).data)).toEqual([{ offset: 0, length: 400 }, unread[0]]);
  });
});

test('a provenance extension cut short is refused', () => {
  expect(() => decodeProvenance(new Uint8Array(17))).toThrow(expect.objectContaining({ code: 'QCOW2_CORRUPT' }));
});
