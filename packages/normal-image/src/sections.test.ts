import type { Superblock } from '@e2image/ext-core/structures';
import { tinySuperblock } from '@e2image/ext-core/testing';
import fc from 'fast-check';
import type { ImageHeader } from './header.ts';
import { locateImageSections, placeImageSections } from './sections.ts';

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

  test('packs the bitmaps of all groups, and rounds each map up to a block', () => {
    const sb = superblock({ groupCount: 10, clustersPerGroup: 8192, inodesPerGroup: 4096 });
    const { inodeTables, blockMap, inodeMap, size } = placeImageSections(sb);
    expect(inodeTables.length).toBe(10 * 4096 * 256);
    expect(blockMap).toEqual({ offset: inodeTables.offset + inodeTables.length, length: 12288 });
    expect(inodeMap).toEqual({ offset: blockMap.offset + 12288, length: 8192 });
    expect(size).toBe(inodeMap.offset + 8192);
  });

  test('refuses bitmaps that are not a whole number of bytes', () => {
    for (const over of [{ clustersPerGroup: 32764 }, { inodesPerGroup: 8188 }]) {
      expect(() => placeImageSections(superblock(over))).toThrow(
        expect.objectContaining({ code: 'EXT_CORRUPT_SUPERBLOCK' }),
      );
    }
  });

  test('puts the maps before inode tables that would push them past 4 GiB', () => {
    const sb = superblock({ groupCount: 2400, inodesPerGroup: 16384 });
    const { blockMap, inodeMap, inodeTables, size } = placeImageSections(sb);
    expect(blockMap.offset).toBeLessThan(inodeMap.offset);
    expect(inodeMap.offset + inodeMap.length).toBe(inodeTables.offset);
    expect(inodeTables.offset).toBeLessThan(2 ** 32);
    expect(size).toBe(inodeTables.offset + inodeTables.length);
  });

  describe('at 4 GiB', () => {
    /** The map of inodes of a file system of 2047 groups begins at 4 GiB, or up to two blocks before. */
    const nearLimit = (clustersPerGroup: number) =>
      superblock({ blockSize: 1024, descSize: 32, groupCount: 2047, inodesPerGroup: 8192, clustersPerGroup });
    const TABLES = 2047 * 8192 * 256;
    const FIRST = (2 + 64) * 1024;

    test('maps come last if the last one begins before it', () => {
      const { inodeTables, blockMap, inodeMap } = placeImageSections(nearLimit(7920));
      expect(inodeMap.offset).toBe(2 ** 32 - 2 * 1024);
      expect(inodeTables.offset).toBe(FIRST);
      expect(blockMap.offset).toBe(FIRST + TABLES);
    });

    test('maps come first if the last one would begin there', () => {
      const { inodeTables, blockMap, inodeMap } = placeImageSections(nearLimit(7928));
      // Where it would be after the tables.
      expect(FIRST + TABLES + blockMap.length).toBe(2 ** 32);
      expect(blockMap.offset).toBe(FIRST);
      expect(inodeTables.offset).toBe(inodeMap.offset + inodeMap.length);
    });

    test('tables that begin one block before it are placed, and tables that would begin there are refused', () => {
      const shape = { blockSize: 1024, descSize: 32, clustersPerGroup: 8192, inodesPerGroup: 8 };
      const most = superblock({ ...shape, groupCount: 4_063_352 });
      expect(placeImageSections(most).inodeTables.offset).toBe(2 ** 32 - 1024);
      expect(() => placeImageSections(superblock({ ...shape, groupCount: 4_063_353 }))).toThrow(
        expect.objectContaining({
          code: 'EXT_TOO_LARGE',
          message: expect.stringContaining(`end at byte ${2 ** 32},`),
        }),
      );
    });

    test('a map whose offset the C tool stored as 0 begins there', () => {
      const sb = nearLimit(7928);
      const blockMap = FIRST + TABLES;
      const header = headerFor(sb, { superblock: 1024, inodeTables: FIRST, blockMap, inodeMap: 0 });
      expect(locateImageSections(header, sb, 2 ** 40)).toMatchObject({
        blockMap: { offset: blockMap },
        inodeMap: { offset: 2 ** 32 },
      });
    });
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

  test('takes offsets for wrapped only if both maps are where the C tool would put them', () => {
    const big = superblock({ groupCount: 2400, inodesPerGroup: 16384 });
    const tables = 2400 * 1024 * 4096;
    const inodeTables = 2 * 4096 + 38 * 4096;
    const [blockMap, inodeMap] = [(inodeTables + tables) % 2 ** 32, (inodeTables + tables + 2400 * 4096) % 2 ** 32];
    for (const offsets of [
      { blockMap: blockMap + 4096, inodeMap },
      { blockMap, inodeMap: inodeMap + 4096 },
    ]) {
      const header = headerFor(big, { superblock: 4096, inodeTables, ...offsets });
      expect(() => locateImageSections(header, big, 2 ** 40)).toThrow(expect.objectContaining({ code: 'EXT_CORRUPT' }));
    }
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
