import fc from 'fast-check';
import { Qcow2Error } from '../base/errors.ts';
import { openQcow2 } from '../read/reader.ts';
import { arraySource, buildImage } from '../testing/image.fixture.ts';
import { setU64 } from '../testing/set-u64.fixture.ts';
import { featureBits, featureNumbers } from './features.ts';
import { viewOf } from './field.ts';
import { decodeHeader, decodeHeaderTail, encodeHeader, headerLayout as f, isQcow2 } from './header.ts';
import { checkHeader, checkHeaderShape } from './header-check.ts';
import { EXTENSION, findExtension, stringExtension } from './header-extension.ts';

const u32 = () => fc.integer({ min: 0, max: 0xffff_ffff });
const header = () =>
  fc.record({
    version: fc.constantFrom(2, 3),
    clusterBits: fc.constant(12),
    virtualSize: fc.maxSafeNat(),
    cryptMethod: u32(),
    l1Entries: u32(),
    l1Offset: fc.maxSafeNat(),
    refcountTableOffset: fc.maxSafeNat(),
    refcountTableClusters: u32(),
    snapshotCount: u32(),
    snapshotsOffset: fc.maxSafeNat(),
    incompatible: fc.record({ hi: u32(), lo: u32() }),
    compatible: fc.record({ hi: u32(), lo: u32() }),
    autoclear: fc.record({ hi: u32(), lo: u32() }),
    refcountOrder: fc.integer({ min: 0, max: 6 }),
    headerLength: fc.constantFrom(104, 112),
    compressionType: fc.integer({ min: 0, max: 255 }),
  });
const tail = () =>
  fc.record({
    extensions: fc.uniqueArray(
      fc.record({ type: fc.integer({ min: 1, max: 0xffff_ffff }), data: fc.uint8Array({ maxLength: 100 }) }),
      { maxLength: 8, selector: ({ type }) => type },
    ),
    backingName: fc.uint8Array({ maxLength: 300 }),
  });

test('an image is recognised by its first four bytes, 51 46 49 fb', () => {
  expect(isQcow2(Uint8Array.of(0x51, 0x46, 0x49, 0xfb))).toBe(true);
  expect(isQcow2(buildImage().bytes.subarray(0, 72))).toBe(true);
  expect(isQcow2(Uint8Array.of(0x51, 0x46, 0x49))).toBe(false);
  expect(isQcow2(Uint8Array.of(0x51, 0x46, 0x49, 0xfa, 0xfb))).toBe(false);
  // Part of a larger buffer: what comes before it does not count.
  expect(isQcow2(Uint8Array.of(0x51, 0x46, 0x49, 0xfb, 0).subarray(1))).toBe(false);
});

describe('a header', () => {
  test('decodes to what was encoded, unknown extensions and all', () => {
    fc.assert(
      fc.property(header(), tail(), ({ version, ...fields }, parts) => {
        const isV2 = version === 2;
        const none = { hi: 0, lo: 0 };
        const implied = { incompatible: none, compatible: none, autoclear: none, refcountOrder: 4, compressionType: 0 };
        const whole = isV2
          ? { ...fields, ...implied, version: 2 as const, headerLength: 72 }
          : { ...fields, version: 3 as const };
        const cluster = encodeHeader(whole, parts);
        expect(cluster.length).toBe(4096);
        const { backingName, ...decoded } = decodeHeader(cluster);
        const compressionType = whole.headerLength === 112 ? whole.compressionType : 0;
        expect(decoded).toEqual({ ...whole, compressionType });
        expect(backingName.length).toBe(parts.backingName.length);
        expect(decodeHeaderTail(cluster, decodeHeader(cluster))).toEqual(parts);
      }),
    );
  });

  test('of arbitrary bytes decodes, or throws Qcow2Error and nothing else', () => {
    const start = [0x51, 0x46, 0x49, 0xfb, 0, 0, 0];
    fc.assert(
      fc.property(fc.constantFrom(2, 3), fc.uint8Array({ minLength: 0, maxLength: 700 }), (version, rest) => {
        const bytes = Uint8Array.from([...start, version, ...rest]);
        try {
          const decoded = decodeHeader(bytes);
          checkHeaderShape(decoded);
          checkHeader(decoded, decodeHeaderTail(bytes, decoded));
        } catch (error) {
          expect(error).toBeInstanceOf(Qcow2Error);
        }
      }),
      { numRuns: 500 },
    );
  });

  test('too long for its cluster is refused', () => {
    const fixture = decodeHeader(buildImage().bytes);
    expect(() => encodeHeader(fixture, { extensions: [stringExtension(0x99, 'x'.repeat(400))] })).toThrow(
      expect.objectContaining({ code: 'QCOW2_TOO_LARGE' }),
    );
  });

  test('names the feature that is not known, by its own table', () => {
    // Kind 0, bit 9, then the name in 46 bytes.
    const data = new Uint8Array(48);
    data.set([0, 9, ...new TextEncoder().encode('time travel')]);
    const names = { type: EXTENSION.featureNames, data };
    const { bytes } = buildImage({ clusterBits: 10, extensions: [names] });
    f.incompatible_features_lo.set(viewOf(bytes), 0, 2 ** 9);
    expect(() => openQcow2(arraySource(bytes))).toThrow('incompatible feature 9 ("time travel") is not supported');
  });

  test('accepts a feature table whose names are not UTF-8', () => {
    const data = new Uint8Array(48).fill(0xff, 2);
    data[1] = 9;
    const { bytes } = buildImage({ extensions: [{ type: EXTENSION.featureNames, data }] });
    f.incompatible_features_lo.set(viewOf(bytes), 0, 2 ** 9);
    expect(() => openQcow2(arraySource(bytes))).toThrow(
      expect.objectContaining({ code: 'QCOW2_UNSUPPORTED_FEATURE', detail: expect.objectContaining({ bit: 9 }) }),
    );
  });

  test('with a LUKS pointer opens and maps, and refuses the data by name', () => {
    const data = new Uint8Array(16);
    setU64(viewOf(data), 0, 512);
    const crypto = { type: EXTENSION.cryptoHeader, data };
    const image = openQcow2(
      arraySource(buildImage({ clusters: [{ kind: 'data', fill: 1 }], crypt: 2, extensions: [crypto] }).bytes),
    );
    expect(image.info.encryption).toBe('luks');
    expect([...image.extents()]).toHaveLength(1);
    expect(() => image.readAt(new Uint8Array(512), 0)).toThrow(
      expect.objectContaining({ code: 'QCOW2_ENCRYPTED', message: expect.stringContaining('LUKS') }),
    );
  });

  test('carries provenance of ours', () => {
    const { bytes } = buildImage({
      extensions: [{ type: EXTENSION.provenance, data: new Uint8Array(16).fill(1, 15) }],
    });
    const { info } = openQcow2(arraySource(bytes));
    expect(info.unread).toEqual([{ offset: 0, length: 1 }]);
    expect(findExtension(info.extensions, EXTENSION.provenance)).toHaveLength(16);
  });
});

test('feature bits are decoded to their numbers', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.integer({ min: 0, max: 63 })), (numbers) => {
      expect(featureNumbers(featureBits(numbers))).toEqual([...numbers].sort((a, b) => a - b));
    }),
  );
});
