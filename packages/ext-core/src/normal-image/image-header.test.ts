import fc from 'fast-check';
import type { ExtError } from '../bytes/errors.ts';
import type { Superblock } from '../structures/superblock.ts';
import { tinySuperblock } from '../testing/tiny-filesystem.ts';
import {
  encodeImageHeader,
  IMAGE_HEADER_SIZE,
  type ImageHeader,
  imageHeaderLayout,
  isImageHeader,
  readImageHeader,
} from './image-header.ts';
import { locateImageSections, placeImageSections } from './image-sections.ts';

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

/** A file system of `groupCount` full groups, as far as the image's layout looks at it. */
const superblock = (over: Partial<Superblock>): Superblock => ({
  ...tinySuperblock(),
  blocksCount: 0,
  inodesCount: 0,
  firstDataBlock: 0,
  blockSize: 4096,
  clusterRatio: 1,
  blocksPerGroup: 32768,
  clustersPerGroup: 32768,
  inodesPerGroup: 8192,
  inodeSize: 256,
  descSize: 64,
  groupCount: 1,
  reservedGdtBlocks: 0,
  firstMetaBg: 0,
  compat: 0,
  incompat: 0,
  roCompat: 0,
  backupGroups: [0, 0],
  journalInode: 8,
  projectQuotaInode: 0,
  orphanFileInode: 0,
  lastOrphan: 0,
  mmpBlock: 0,
  uuid: new Uint8Array(16),
  blockGroupNr: 0,
  ...over,
});

const headerFor = (sb: Superblock, offsets: ImageHeader['offsets']): ImageHeader => ({
  hostName: '',
  deviceName: '',
  deviceNumber: 0,
  uuid: sb.uuid,
  blockSize: sb.blockSize,
  imageDevice: 0,
  imageInode: 0,
  createdAt: 0,
  offsets,
});

const placedHeader = (sb: Superblock): ImageHeader => {
  const { superblock, inodeTables, inodeMap, blockMap } = placeImageSections(sb);
  return headerFor(sb, {
    superblock: superblock.offset,
    inodeTables: inodeTables.offset,
    inodeMap: inodeMap.offset,
    blockMap: blockMap.offset,
  });
};

test('the layout covers the header with no gap and no overlap', () => {
  let end = 0;
  for (const field of Object.values(imageHeaderLayout)) {
    expect(field.offset).toBe(end);
    end += field.size;
  }
  expect(end).toBe(IMAGE_HEADER_SIZE);
});

describe('encodeImageHeader and readImageHeader', () => {
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

  test('cut long names without half characters, and never into the next field', () => {
    const raw = encodeImageHeader({
      ...headerFor(superblock({}), { superblock: 4096, inodeTables: 8192, inodeMap: 8192, blockMap: 8192 }),
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
    const raw = encodeImageHeader(placedHeader(superblock({})));
    field.set(new DataView(raw.buffer), 0, value);
    expect(() => readImageHeader(raw)).toThrow(`${name} is ${value}`);
  });

  test('an offset over 32 bits is never written wrapped', () => {
    const sb = superblock({});
    const offsets = { superblock: 4096, inodeTables: 2 ** 32, inodeMap: 8192, blockMap: 8192 };
    expect(() => encodeImageHeader(headerFor(sb, offsets))).toThrow(RangeError);
  });
});

describe('placeImageSections', () => {
  test('follows the layout that the C tool gives a file system of 10,000 blocks of 1 KiB', () => {
    const sb = superblock({
      blockSize: 1024,
      firstDataBlock: 1,
      blocksPerGroup: 8192,
      clustersPerGroup: 8192,
      inodesPerGroup: 1248,
      groupCount: 2,
      descSize: 32,
    });
    expect(placeImageSections(sb)).toMatchObject({
      inodeTables: { offset: 3072, length: 638976 },
      blockMap: { offset: 642048, length: 2048 },
      inodeMap: { offset: 644096, length: 1024 },
      size: 645120,
    });
  });

  test('puts the maps before inode tables that would push them past 4 GiB', () => {
    const sb = superblock({ groupCount: 2400, inodesPerGroup: 16384 });
    const { blockMap, inodeMap, inodeTables, size } = placeImageSections(sb);
    expect(blockMap.offset).toBeLessThan(inodeMap.offset);
    expect(inodeMap.offset + inodeMap.length).toBe(inodeTables.offset);
    expect(inodeTables.offset).toBeLessThan(2 ** 32);
    expect(size).toBe(inodeTables.offset + inodeTables.length);
  });

  test('refuses a file system whose maps alone pass 4 GiB', () => {
    const sb = superblock({ groupCount: 2 ** 21, inodesPerGroup: 16 });
    expect(() => placeImageSections(sb)).toThrow(expect.objectContaining({ code: 'EXT_TOO_LARGE' }));
  });

  test('is what locateImageSections finds by the header, for every geometry', () => {
    const geometry = fc.record({
      blockSize: fc.constantFrom(1024, 4096, 65536),
      groupCount: fc.integer({ min: 1, max: 70_000 }),
      inodesPerGroup: fc.integer({ min: 1, max: 1024 }).map((n) => n * 8),
      clustersPerGroup: fc.integer({ min: 1, max: 1024 }).map((n) => n * 8),
      descSize: fc.constantFrom(32, 64),
    });
    fc.assert(
      fc.property(geometry, (over) => {
        const sb = superblock(over);
        const placed = placeImageSections(sb);
        expect(locateImageSections(placedHeader(sb), sb, placed.size)).toEqual(placed);
      }),
    );
  });
});

describe('locateImageSections', () => {
  const sb = superblock({ groupCount: 3 });

  test('reads the wrapped offsets that the C tool writes for tables beyond 4 GiB', () => {
    const big = superblock({ groupCount: 2400, inodesPerGroup: 16384 });
    const tables = 2400 * 1024 * 4096;
    const inodeTables = 2 * 4096 + 38 * 4096;
    const found = locateImageSections(
      headerFor(big, {
        superblock: 4096,
        inodeTables,
        blockMap: (inodeTables + tables) % 2 ** 32,
        inodeMap: (inodeTables + tables + 2400 * 4096) % 2 ** 32,
      }),
      big,
      2 ** 40,
    );
    expect(found.blockMap.offset).toBe(inodeTables + tables);
  });

  test('refuses an image that ends inside a section', () => {
    const { size } = placeImageSections(sb);
    expect(() => locateImageSections(placedHeader(sb), sb, size - 1)).toThrow(
      expect.objectContaining({ code: 'EXT_TRUNCATED' }),
    );
  });

  test('refuses sections that overlap', () => {
    const header = placedHeader(sb);
    const offsets = { ...header.offsets, inodeMap: header.offsets.inodeTables + 4096 };
    expect(() => locateImageSections({ ...header, offsets }, sb, 2 ** 40)).toThrow(
      expect.objectContaining({ code: 'EXT_CORRUPT' }),
    );
  });

  test('refuses another block size than the superblock says', () => {
    const header = { ...placedHeader(sb), blockSize: 1024 };
    expect(() => locateImageSections(header, sb, 2 ** 40)).toThrow(expect.objectContaining({ code: 'EXT_CORRUPT' }));
  });
});
