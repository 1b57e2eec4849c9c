import fc from 'fast-check';
import { tracedDisk } from '../testing/crash-disk.ts';
import { markerLayout } from './marker.ts';
import {
  decodeRecord,
  encodeRecord,
  type MoveRecord,
  readNewestSlot,
  recordLayout,
  SLOT_BYTES,
  SLOTS_BYTES,
  slotWriter,
  uuidOf,
} from './record.ts';

const size = () => fc.maxSafeNat();
const u32 = () => fc.integer({ min: 0, max: 0xffff_ffff });
const block = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });

const anyRecord = (): fc.Arbitrary<MoveRecord> =>
  fc.record({
    id: block(16),
    sequence: size(),
    state: fc.constantFrom('started', 'copying', 'logged', 'copied', 'done'),
    blockSize: u32(),
    source: size(),
    destination: size(),
    length: size(),
    batchBytes: size(),
    position: size(),
    logged: fc.record({ from: size(), to: size() }),
    logAt: size(),
    mapBytes: size(),
    mapCrc: u32(),
    displacedCrc: u32(),
    carriedAt: size(),
    head: block(512),
  });

const [RECORD] = fc.sample(anyRecord(), { numRuns: 1, seed: 7 });
const record = (change: Partial<MoveRecord> = {}): MoveRecord => {
  if (RECORD === undefined) throw new Error('no sample');
  return { ...RECORD, ...change };
};

describe.each([
  ['recordLayout', recordLayout, SLOT_BYTES],
  ['markerLayout', markerLayout, 512],
] as const)('%s', (_, layout, length) => {
  test('has no overlap and stays within its size', () => {
    const fields = Object.values(layout).sort((a, b) => a.offset - b.offset);
    const ends = fields.map(({ offset, size: width }) => offset + width);
    fields.slice(1).forEach((field, i) => {
      expect(field.offset).toBeGreaterThanOrEqual(ends[i] ?? Number.NaN);
    });
    expect(ends.at(-1)).toBe(length);
  });
});

describe('a slot', () => {
  test('reads back what was written', () => {
    fc.assert(
      fc.property(anyRecord(), (written) => {
        expect(decodeRecord(encodeRecord(written))).toEqual(written);
      }),
    );
  });

  test('is invalid with any byte changed', () => {
    fc.assert(
      fc.property(anyRecord(), fc.nat(SLOT_BYTES - 1), fc.integer({ min: 1, max: 255 }), (written, at, change) => {
        const slot = encodeRecord(written);
        slot[at] = (slot[at] ?? 0) ^ change;
        expect(decodeRecord(slot)).toBeUndefined();
      }),
    );
  });

  test('is invalid when its bytes are arbitrary', () => {
    fc.assert(
      fc.property(block(SLOT_BYTES), (bytes) => {
        expect(decodeRecord(bytes)).toBeUndefined();
      }),
    );
  });
});

describe('the two slots', () => {
  test('are written in turn, and the newest valid one counts', () => {
    const content = new Uint8Array(SLOTS_BYTES);
    const disk = tracedDisk(content, 0, []);
    expect(readNewestSlot(disk, 0)).toBeUndefined();
    const save = slotWriter(disk, 0);
    for (const sequence of [1, 2, 3]) save(record({ sequence }));
    expect(readNewestSlot(disk, 0)?.sequence).toBe(3);
    content.fill(0xff, SLOT_BYTES);
    expect(readNewestSlot(disk, 0)?.sequence).toBe(2);
    content.fill(0xff, 0, SLOT_BYTES);
    expect(readNewestSlot(disk, 0)).toBeUndefined();
  });

  test('are durable one by one', () => {
    const trace: Parameters<typeof tracedDisk>[2] = [];
    slotWriter(tracedDisk(new Uint8Array(SLOTS_BYTES), 0, trace), 0)(record());
    expect(trace.map(({ kind }) => kind)).toEqual(['write', 'sync']);
  });
});

describe('uuidOf', () => {
  test('takes the UUID out of the held-back sector', () => {
    const head = new Uint8Array(512);
    head.set([0x5e, 0xc7, 0xe7, 0x55, 0, 0, 0x40, 0, 0x80, 0, 1, 0x23, 0x45, 0x67, 0x89, 0xab], 0x68);
    expect(uuidOf({ head })).toBe('5ec7e755-0000-4000-8000-0123456789ab');
  });
});
