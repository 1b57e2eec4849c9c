import { crc32c } from '@e2image/ext-core/structures';
import fc from 'fast-check';
import {
  disguise,
  encodeKeyBlock,
  encodeUndoHeader,
  keysPerBlock,
  readKeyBlock,
  readUndoHeader,
  UNDO_HEADER_SIZE,
  UNDO_KEY_SIZE,
  type UndoHeader,
  undoHeaderLayout,
  undoKeyBlockLayout,
  undoKeyLayout,
} from './undo-layout.ts';

const checksum = (bytes: Uint8Array): number => crc32c(0xffff_ffff, bytes);
const u32 = () => fc.integer({ min: 0, max: 0xffff_ffff });
const u53 = () => fc.integer({ min: 0, max: 2 ** 50 });
const size = () => fc.integer({ min: 10, max: 20 }).map((bits) => 2 ** bits);

const headers: fc.Arbitrary<UndoHeader> = fc.record({
  keyCount: u53(),
  superblockAt: u53(),
  firstKeyBlock: u53(),
  unitSize: size(),
  blockSize: size(),
  superblockCrc: u32(),
  isFinished: fc.boolean(),
  offset: u53(),
});

test.each([
  ['header', undoHeaderLayout, UNDO_HEADER_SIZE],
  ['head of a block of keys', undoKeyBlockLayout, 16],
  ['key', undoKeyLayout, UNDO_KEY_SIZE],
] as const)('the layout of the %s has no gap and no overlap', (_name, layout, total) => {
  let end = 0;
  for (const field of Object.values(layout)) {
    expect(field.offset).toBe(end);
    end += field.size;
  }
  expect(end).toBe(total);
});

test('a header is read back as it was written', () => {
  fc.assert(
    fc.property(headers, (header) =>
      expect(readUndoHeader(encodeUndoHeader(header, checksum), checksum)).toEqual(header),
    ),
  );
});

test('one changed byte of a header is noticed', () => {
  fc.assert(
    fc.property(headers, fc.nat(UNDO_HEADER_SIZE - 1), fc.integer({ min: 1, max: 255 }), (header, at, flip) => {
      const raw = encodeUndoHeader(header, checksum);
      raw[at] = (raw[at] ?? 0) ^ flip;
      expect(() => readUndoHeader(raw, checksum)).toThrow(expect.objectContaining({ code: 'RESTORE_UNDO_CORRUPT' }));
    }),
  );
});

test('a block of keys is read back, and one changed byte of it is noticed', () => {
  const keys = fc.array(fc.record({ target: u53(), crc: u32(), length: u32() }), { maxLength: keysPerBlock(1024) });
  fc.assert(
    fc.property(keys, fc.nat(1023), (list, at) => {
      const raw = encodeKeyBlock(list, 1024, checksum);
      expect(readKeyBlock(raw, list.length, checksum)).toEqual(list);
      raw[at] = (raw[at] ?? 0) ^ 0x10;
      expect(() => readKeyBlock(raw, list.length, checksum)).toThrow(/undo file/);
    }),
  );
});

test('a disguised superblock has another magic number, and disguising it again restores it', () => {
  const superblock = Uint8Array.from({ length: 1024 }, (_, at) => at % 251);
  superblock.set([0x53, 0xef], 0x38);
  const copy = disguise(superblock);
  expect([...copy.subarray(0x38, 0x3a)]).toEqual([0xac, 0x10]);
  expect(disguise(copy)).toEqual(superblock);
});
