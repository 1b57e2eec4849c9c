import fc from 'fast-check';
import { crc16, crc32c, crc32cOfU32, crc32cOfU64 } from '../bytes/crc.ts';
import { TinyFilesystem } from '../testing/tiny-filesystem.ts';
import {
  bitmapChecksum,
  dirBlockChecksum,
  filesystemSeed,
  groupDescChecksum,
  groupDescCrc16,
  inodeChecksum,
  inodeSeed,
  storedInodeChecksum,
  storeInodeChecksum,
} from './checksum.ts';
import { INCOMPAT } from './features.ts';
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
