import fc from 'fast-check';
import { crc16, crc32c, crc32cOfU32, crc32cOfU64 } from '../bytes/crc.ts';
import { TinyFilesystem } from '../testing/tiny-filesystem.ts';
import {
  bitmapChecksum,
  dirBlockChecksum,
  extentNodeChecksum,
  filesystemSeed,
  groupDescChecksum,
  groupDescCrc16,
  htreeChecksum,
  inodeChecksum,
  inodeChecksumMask,
  inodeSeed,
  journalSeed,
  journalSuperblockChecksum,
  journalTailChecksum,
  storedInodeChecksum,
  storeInodeChecksum,
  superblockChecksum,
  tagChecksum,
  xattrBlockChecksum,
} from './checksum.ts';
import { INCOMPAT } from './features.ts';
import { mmpChecksum } from './mmp.ts';
import { readSuperblock, superblockLayout } from './superblock.ts';

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);
const hex = (text: string): Uint8Array => Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));

/** The second opinion: one bit at a time. */
function crc32cByBits(seed: number, bytes: Uint8Array): number {
  let crc = seed;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f6_3b78 : crc >>> 1;
  }
  return crc >>> 0;
}

/** The file system of the worked examples: `mke2fs -t ext4 -b 1024 -U 00112233-4455-6677-8899-aabbccddeeff`. */
const UUID = hex('00112233445566778899aabbccddeeff');
const SEED = 0xb720_167d;

describe('crc', () => {
  test('crc32c has the check value of RFC 3720, inverted', () => {
    expect(crc32c(0xffff_ffff, ascii('123456789'))).toBe(0x1cf9_6d7c);
  });

  test('crc16 has the check values of its polynomial', () => {
    expect(crc16(0xffff, ascii('123456789'))).toBe(0x4b37);
    expect(crc16(0, ascii('123456789'))).toBe(0xbb3d);
  });

  test('crc32c equals the bit-by-bit definition for any range of any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), fc.nat(80), fc.nat(), (bytes, cut, seed) => {
        const from = Math.min(cut, bytes.length);
        expect(crc32c(seed, bytes, from)).toBe(crc32cByBits(seed, bytes.subarray(from)));
        expect(crc32c(crc32c(seed, bytes, 0, from), bytes, from)).toBe(crc32cByBits(seed, bytes));
      }),
    );
  });

  test('crc32c equals it where stretches of zeros are passed at once, wherever they begin', () => {
    const piece = fc.tuple(fc.uint8Array({ maxLength: 40 }), fc.nat(600));
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 4 }), fc.nat(9), fc.nat(), (pieces, from, seed) => {
        const bytes = new Uint8Array(from + pieces.reduce((total, [head, zeros]) => total + head.length + zeros, 0));
        let at = from;
        for (const [head, zeros] of pieces) {
          bytes.set(head, at);
          at += head.length + zeros;
        }
        expect(crc32c(seed, bytes, from)).toBe(crc32cByBits(seed, bytes.subarray(from)));
        expect(crc32c(seed, bytes.subarray(from))).toBe(crc32cByBits(seed, bytes.subarray(from)));
      }),
    );
  });

  test('numbers count as their little-endian bytes, beyond 2^32 too', () => {
    expect(crc32cOfU32(7, 0x8000_0001)).toBe(crc32cByBits(7, hex('01000080')));
    expect(crc32cOfU64(7, 2 ** 40 + 5)).toBe(crc32cByBits(7, hex('0500000000010000')));
  });
});

describe('checksums that mke2fs stored', () => {
  test('the seed of the file system is that of its UUID, unless csum_seed stores one', () => {
    const tiny = new TinyFilesystem();
    const raw = tiny.bytes.subarray(1024, 2048);
    raw.set(UUID, superblockLayout.s_uuid.offset);
    superblockLayout.s_checksum_seed.set(tiny.view, 1024, 0x1234_5678);
    expect(filesystemSeed(readSuperblock(raw))).toBe(SEED);
    superblockLayout.s_feature_incompat.set(tiny.view, 1024, INCOMPAT.csum_seed);
    expect(filesystemSeed(readSuperblock(raw))).toBe(0x1234_5678);
  });

  test.each([
    [2, 0x1503_d937],
    [11, 0x1e04_a0ca],
    [12, 0xe45d_a5ce],
  ])('the seed of inode %i', (inode, seed) => {
    expect(inodeSeed(SEED, inode, 0)).toBe(seed);
  });

  test('a group descriptor of 64 bytes', () => {
    const desc = new Uint8Array(64);
    desc.set(hex('030000001300000023000000dd0f340003000400000000002b4a065e34002654'));
    desc.set(hex('4127a6cb'), 56);
    expect(groupDescChecksum(SEED, 0, desc)).toBe(0x5426);
  });

  test('a group descriptor under gdt_csum', () => {
    const desc = hex('030000001300000023000000e60f35000200040000000000000000003500df6f');
    expect(groupDescCrc16(UUID, 0, desc)).toBe(0x6fdf);
  });

  test('an inode bitmap of 64 bits', () => {
    const bitmap = new Uint8Array(1024).fill(0xff);
    bitmap.set(hex('ff0f000000000000'));
    expect(bitmapChecksum(SEED, bitmap, 64)).toBe(0xcba6_5e06);
  });

  test('a directory leaf', () => {
    const block = new Uint8Array(1024);
    block.set(hex('0c0000000c0001022e00000002000000e80302022e2e0000'));
    expect(dirBlockChecksum(0xe45d_a5ce, block)).toBe(0xb1db_02e2);
  });
});

describe('inode checksum', () => {
  const view = new DataView(new ArrayBuffer(512));

  test.each([
    ['32 bits with room for them', 256, 32],
    ['16 bits in an inode of 128 bytes', 128, 0],
    ['16 bits when the extra fields end before the high half', 256, 0],
  ])('reads back as stored and does not depend on what was stored: %s', (_name, size, extra) => {
    for (let at = 0; at < 512; at++) view.setUint8(at, at * 7);
    if (size > 128) view.setUint16(256 + 0x80, extra, true);
    const checksum = inodeChecksum(99, view, 256, size);
    storeInodeChecksum(view, 256, size, checksum);
    expect(storedInodeChecksum(view, 256, size)).toBe(checksum);
    expect(inodeChecksum(99, view, 256, size)).toBe(checksum);
    expect(checksum > 0xffff).toBe(extra === 32);
  });
});

/** Bytes of an index block: 3 of 4 entries from byte 8 on are in use, so its tail is at byte 40. */
const INDEX = { entries: 8, count: 3, limit: 4 };

/** What a checksum depends on: every byte except those of `[from, to)`. */
test.each<[string, (bytes: Uint8Array) => number, number, number, number]>([
  ['a superblock', superblockChecksum, 1024, 0x3fc, 0x400],
  ['a group descriptor of 32 bytes', (bytes) => groupDescChecksum(SEED, 0, bytes), 32, 0x1e, 0x20],
  ['a group descriptor of 64 bytes', (bytes) => groupDescChecksum(SEED, 0, bytes), 64, 0x1e, 0x20],
  ['a group descriptor under gdt_csum', (bytes) => groupDescCrc16(UUID, 0, bytes), 64, 0x1e, 0x20],
  ['a directory leaf', (bytes) => dirBlockChecksum(SEED, bytes), 1024, 1012, 1024],
  ['an attribute block', (bytes) => xattrBlockChecksum(SEED, 7, bytes), 1024, 0x10, 0x14],
  ['an MMP block', (bytes) => mmpChecksum(SEED, bytes), 1024, 0x3fc, 0x400],
  ['a journal superblock', journalSuperblockChecksum, 1024, 0xfc, 0x100],
  ['a descriptor or revoke block', (bytes) => journalTailChecksum(SEED, bytes), 1024, 1020, 1024],
  ['a logged block', (bytes) => tagChecksum(SEED, 1, bytes), 1024, 1024, 1024],
  ['a bitmap of 512 bits', (bytes) => bitmapChecksum(SEED, bytes, 512), 128, 64, 128],
])('the checksum of %s depends on every other byte, and not on its own field', (_, compute, size, from, to) => {
  const bytes = Uint8Array.from({ length: size }, (__, at) => at * 7);
  const checksum = compute(bytes);
  for (let at = 0; at < size; at++) {
    bytes[at] = (bytes[at] ?? 0) ^ 0x40;
    const isOwn = at >= from && at < to;
    if ((compute(bytes) === checksum) !== isOwn) throw new Error(`byte ${at}`);
    bytes[at] = (bytes[at] ?? 0) ^ 0x40;
  }
});

test('the checksum of an extent node ends with its room for entries', () => {
  const bytes = new Uint8Array(1024);
  bytes[4] = 84;
  const checksum = extentNodeChecksum(SEED, bytes);
  bytes[1020] = 1;
  expect(extentNodeChecksum(SEED, bytes)).toBe(checksum);
  bytes[1019] = 1;
  expect(extentNodeChecksum(SEED, bytes)).not.toBe(checksum);
});

test('the checksum of an index block covers its entries in use and the first half of its tail', () => {
  const compute = (bytes: Uint8Array): number => htreeChecksum(SEED, bytes, INDEX);
  const depends = Array.from({ length: 64 }, (_, at) => {
    const bytes = new Uint8Array(64);
    const before = compute(bytes);
    bytes[at] = 1;
    return compute(bytes) !== before;
  });
  const expected = Array.from({ length: 64 }, (_, at) => at < 8 + 3 * 8 || (at >= 40 && at < 44));
  expect(depends).toEqual(expected);
});

test('seeds of journals and the checksums of logged blocks depend on UUID and sequence', () => {
  expect(journalSeed(UUID)).toBe(crc32cByBits(0xffff_ffff, UUID));
  const block = Uint8Array.of(1, 2, 3, 4);
  expect(tagChecksum(9, 0x0102_0304, block)).toBe(crc32cByBits(9, Uint8Array.of(1, 2, 3, 4, 1, 2, 3, 4)));
});

test('block numbers and group numbers count in the checksums', () => {
  const bytes = new Uint8Array(64);
  expect(xattrBlockChecksum(SEED, 7, bytes)).not.toBe(xattrBlockChecksum(SEED, 8, bytes));
  expect(groupDescCrc16(UUID, 0, bytes)).not.toBe(groupDescCrc16(UUID, 1, bytes));
  expect(groupDescChecksum(SEED, 0, bytes)).not.toBe(groupDescChecksum(SEED, 1, bytes));
});

test.each([
  [128, 32, 0xffff],
  [256, 3, 0xffff],
  [256, 4, 0xffff_ffff],
])('an inode of %i bytes with %i extra ones stores the bits %i of its checksum', (size, extra, mask) => {
  const view = new DataView(new ArrayBuffer(256));
  view.setUint16(0x80, extra, true);
  expect(inodeChecksumMask(view, 0, size)).toBe(mask);
});

test.each([
  [256, 32, [0x7c, 0x7d, 0x82, 0x83]],
  [256, 0, [0x7c, 0x7d]],
  [128, 0, [0x7c, 0x7d]],
])(
  'the checksum of an inode of %i bytes with %i extra ones depends on all but its own bytes %j',
  (size, extra, own) => {
    const bytes = Uint8Array.from({ length: size }, (_, at) => at * 3);
    const view = new DataView(bytes.buffer);
    if (size > 128) view.setUint16(0x80, extra, true);
    const checksum = inodeChecksum(SEED, view, 0, size);
    const independent: number[] = [];
    for (let at = 0; at < size; at++) {
      // The size of the extra fields decides what is stored.
      if (at === 0x80 || at === 0x81) continue;
      bytes[at] = (bytes[at] ?? 0) ^ 0x40;
      if (inodeChecksum(SEED, view, 0, size) === checksum) independent.push(at);
      bytes[at] = (bytes[at] ?? 0) ^ 0x40;
    }
    expect(independent).toEqual(own);
  },
);
