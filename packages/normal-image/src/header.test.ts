import type { ExtError } from '@e2image/ext-core';
import fc from 'fast-check';
import {
  encodeImageHeader,
  IMAGE_HEADER_SIZE,
  type ImageHeader,
  imageHeaderLayout,
  isImageHeader,
  readImageHeader,
} from './header.ts';

const u32 = () => fc.integer({ min: 0, max: 0xffff_ffff });
const block = (size: number) => u32().map((value) => value - (value % size));
const text = (max: number) => fc.string({ maxLength: max }).filter((s) => !s.includes('\0'));

const headers: fc.Arbitrary<ImageHeader> = fc.constantFrom(1024, 4096, 65536).chain((blockSize) =>
  fc.record({
    hostName: text(20),
    deviceName: text(20),
    deviceNumber: u32(),
    uuid: fc.uint8Array({ minLength: 16, maxLength: 16 }),
    blockSize: fc.constant(blockSize),
    imageDevice: u32(),
    imageInode: u32(),
    createdAt: fc.integer({ min: 0, max: 2 ** 40 }),
    offsets: fc.record({
      superblock: fc.constant(blockSize),
      inodeTables: block(blockSize),
      inodeMap: block(blockSize),
      blockMap: block(blockSize),
    }),
  }),
);

/** A header without names, for sections at these offsets. */
const headerAt = (offsets: Partial<ImageHeader['offsets']> = {}): ImageHeader => ({
  hostName: '',
  deviceName: '',
  deviceNumber: 0,
  uuid: new Uint8Array(16),
  blockSize: 4096,
  imageDevice: 0,
  imageInode: 0,
  createdAt: 0,
  offsets: { superblock: 4096, inodeTables: 8192, inodeMap: 8192, blockMap: 8192, ...offsets },
});

test('the layout covers the header with no gap and no overlap', () => {
  let end = 0;
  for (const field of Object.values(imageHeaderLayout)) {
    expect(field.offset).toBe(end);
    end += field.size;
  }
  expect(end).toBe(IMAGE_HEADER_SIZE);
});

describe('encodeImageHeader and readImageHeader', () => {
  test('use the magic number and text that e2fsprogs looks for', () => {
    const raw = encodeImageHeader(headerAt());
    expect([...raw.subarray(0, 4)]).toEqual([0x10, 0xb7, 0x2b, 0x7f]);
    expect(new TextDecoder().decode(raw.subarray(4, 20))).toBe('Ext2 Image 1.0\0\0');
  });

  test('are inverse', () => {
    fc.assert(
      fc.property(headers, (header) => {
        const raw = encodeImageHeader(header);
        expect(raw.length).toBe(header.blockSize);
        expect(isImageHeader(raw)).toBe(true);
        expect(readImageHeader(raw)).toEqual(header);
      }),
    );
  });

  test.each([
    [2 ** 32 - 1, 2 ** 32 - 1],
    [2 ** 32, 0],
    [2 ** 40 + 5, 5],
  ])('keep the low 32 bits of inode number %i of the image', (imageInode, stored) => {
    expect(readImageHeader(encodeImageHeader({ ...headerAt(), imageInode })).imageInode).toBe(stored);
  });

  test('cut long names without half characters, and never into the next field', () => {
    const raw = encodeImageHeader({
      ...headerAt(),
      hostName: 'ä'.repeat(40),
      deviceName: `/dev/${'d'.repeat(100)}`,
    });
    const read = readImageHeader(raw);
    expect(read.hostName).toBe('ä'.repeat(32));
    expect(read.deviceName).toHaveLength(63);
    expect(read.deviceNumber).toBe(0);
  });

  test('arbitrary bytes are read or refused with an ExtError, and nothing else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), fc.boolean(), (raw, withMagic) => {
        if (withMagic) raw.set([0x10, 0xb7, 0x2b, 0x7f].slice(0, raw.length));
        try {
          readImageHeader(raw);
        } catch (error) {
          expect((error as ExtError).code).toMatch(/^EXT_(TRUNCATED|BAD_MAGIC|CORRUPT)$/);
        }
      }),
    );
  });

  test.each([
    ['fs_blocksize', imageHeaderLayout.fs_blocksize, 4095],
    ['offset_inode', imageHeaderLayout.offset_inode, 8193],
    ['offset_inodemap', imageHeaderLayout.offset_inodemap, 8193],
    ['offset_blockmap', imageHeaderLayout.offset_blockmap, 8193],
  ])('a header whose %s cannot be is refused by name', (name, field, value) => {
    const raw = encodeImageHeader(headerAt());
    field.set(new DataView(raw.buffer), 0, value);
    expect(() => readImageHeader(raw)).toThrow(`${name} is ${value}`);
  });

  test('an offset over 32 bits is never written wrapped', () => {
    expect(() => encodeImageHeader(headerAt({ inodeTables: 2 ** 32 }))).toThrow(RangeError);
    expect(() => encodeImageHeader(headerAt({ inodeTables: 2 ** 32 - 4096 }))).not.toThrow();
  });
});
