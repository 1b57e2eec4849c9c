import fc from 'fast-check';
import { decodeMarker, encodeMarker, type Marker } from './marker.ts';

const anyMarker = (): fc.Arbitrary<Marker> =>
  fc.record({
    id: fc.uint8Array({ minLength: 16, maxLength: 16 }),
    source: fc.maxSafeNat(),
    destination: fc.maxSafeNat(),
    length: fc.maxSafeNat(),
    mapBytes: fc.maxSafeNat(),
    isInside: fc.boolean(),
    journal: fc.string({ maxLength: 40 }).map((text) => text.replaceAll('\0', '')),
  });

describe('a marker', () => {
  test('reads back what was written', () => {
    fc.assert(
      fc.property(anyMarker(), (written) => {
        expect(decodeMarker(encodeMarker(written))).toEqual(written);
      }),
    );
  });

  test('never has the magic number of ext where a superblock has it', () => {
    fc.assert(
      fc.property(anyMarker(), (written) => {
        const sector = encodeMarker(written);
        expect([sector[0x38], sector[0x39]]).not.toEqual([0x53, 0xef]);
        expect(sector[0x38]).toBeLessThan(0x80);
      }),
    );
  });

  test('leaves out a journal whose name is too long', () => {
    const [written] = fc.sample(anyMarker(), { numRuns: 1, seed: 3 });
    if (written === undefined) throw new Error('no sample');
    expect(decodeMarker(encodeMarker({ ...written, journal: 'x'.repeat(288) }))?.journal).toBe('');
    expect(decodeMarker(encodeMarker({ ...written, journal: 'x'.repeat(287) }))?.journal).toHaveLength(287);
  });

  test('is not recognised when any byte of it changed, nor in arbitrary bytes', () => {
    fc.assert(
      fc.property(anyMarker(), fc.nat(511), fc.uint8Array({ minLength: 512, maxLength: 512 }), (written, at, bytes) => {
        const sector = encodeMarker(written);
        sector[at] = (sector[at] ?? 0) ^ 1;
        expect(decodeMarker(sector)).toBeUndefined();
        expect(decodeMarker(bytes)).toBeUndefined();
      }),
    );
  });
});
