import { crc16, crc32c, crc32cOfU32, crc32cOfU64 } from '../bytes/crc.ts';
import { JOURNAL_TAIL_SIZE } from '../journal/journal-block.ts';
import { JOURNAL_SUPERBLOCK_SIZE, journalSuperblockLayout } from '../journal/journal-superblock.ts';
import { DIR_TAIL_SIZE } from './dir-block.ts';
import { extentNodeTail } from './extent.ts';
import { groupDescLayout } from './group-desc.ts';
import { DX_ENTRY_SIZE, dxTailLayout } from './htree.ts';
import { GOOD_OLD_INODE_SIZE, inodeLayout } from './inode.ts';
import { hasIncompat, type Superblock, superblockLayout } from './superblock.ts';
import { xattrHeaderLayout } from './xattr.ts';

/**
 * The checksums of metadata_csum, gdt_csum and the journal. Each function computes what should be stored, from the
 * bytes as they are on disk with the stored checksum still in them; none changes anything.
 * Source: kernel Documentation/filesystems/ext4/checksums.rst, and journal.rst for the journal's.
 */
const ALL_ONES = 0xffff_ffff;
const ZEROS = new Uint8Array(4);

/** `[from, to)` of `bytes` with the four bytes (or `width`) at `hole` taken as zeros. */
function crcAround(seed: number, bytes: Uint8Array, hole: number, to = bytes.length, width = 4): number {
  return crc32c(crc32c(crc32c(seed, bytes, 0, hole), ZEROS, 0, width), bytes, hole + width, to);
}

/**
 * What every checksum of a file system begins with: the stored seed under csum_seed, else that of the UUID.
 */
export const filesystemSeed = (sb: Superblock): number =>
  hasIncompat(sb, 'csum_seed') ? sb.checksumSeed : crc32c(ALL_ONES, sb.uuid);

/** What the checksums of things an inode owns begin with. `seed` is that of the file system. */
export const inodeSeed = (seed: number, inode: number, generation: number): number =>
  crc32cOfU32(crc32cOfU32(seed, inode), generation);

/** `s_checksum` of a superblock of 1,024 bytes. */
export const superblockChecksum = (raw: Uint8Array): number =>
  crc32c(ALL_ONES, raw, 0, superblockLayout.s_checksum.offset);

/** `bg_checksum` under metadata_csum. `desc` is one descriptor, as long as they are. */
export function groupDescChecksum(seed: number, group: number, desc: Uint8Array): number {
  return crcAround(crc32cOfU32(seed, group), desc, groupDescLayout.bg_checksum.offset, desc.length, 2) & 0xffff;
}

/** `bg_checksum` under gdt_csum alone. `uuid` is that of the superblock, whatever csum_seed says. */
export function groupDescCrc16(uuid: Uint8Array, group: number, desc: Uint8Array): number {
  const { offset } = groupDescLayout.bg_checksum;
  const number = new Uint8Array(Uint32Array.of(group).buffer);
  const head = crc16(crc16(crc16(0xffff, uuid), number), desc, 0, offset);
  return crc16(head, desc, offset + 2, desc.length);
}

/** Checksum of a block or inode bitmap of `bits` bits. Descriptors without the `_hi` half keep its low 16 bits. */
export const bitmapChecksum = (seed: number, bitmap: Uint8Array, bits: number): number =>
  crc32c(seed, bitmap, 0, bits >>> 3);

/** Bytes of extra fields up to and with the high half of the checksum. */
const CHECKSUM_HI_END = inodeLayout.i_checksum_hi.offset + inodeLayout.i_checksum_hi.size - GOOD_OLD_INODE_SIZE;

/** Whether an inode of `size` bytes at `base` keeps the high half of its checksum. */
const hasChecksumHi = (view: DataView, base: number, size: number): boolean =>
  size > GOOD_OLD_INODE_SIZE && inodeLayout.i_extra_isize.get(view, base) >= CHECKSUM_HI_END;

/** The bits of its checksum that the inode at `base` stores. */
export const inodeChecksumMask = (view: DataView, base: number, size: number): number =>
  hasChecksumHi(view, base, size) ? ALL_ONES : 0xffff;

/**
 * Checksum of the inode at `base`: 32 bits, or 16 where it has no room for more.
 *
 * @param seed what `inodeSeed` gives for it
 * @param size bytes of an inode
 */
export function inodeChecksum(seed: number, view: DataView, base: number, size: number): number {
  const bytes = new Uint8Array(view.buffer, view.byteOffset + base, size);
  const low = inodeLayout.i_checksum_lo.offset;
  if (!hasChecksumHi(view, base, size)) return crcAround(seed, bytes, low, size, 2) & 0xffff;
  const high = inodeLayout.i_checksum_hi.offset;
  const crc = crc32c(crcAround(seed, bytes, low, high, 2), ZEROS, 0, 2);
  return crc32c(crc, bytes, high + 2, size);
}

/** The checksum that the inode at `base` holds, as wide as `inodeChecksum` gives it. */
export function storedInodeChecksum(view: DataView, base: number, size: number): number {
  const low = inodeLayout.i_checksum_lo.get(view, base);
  return hasChecksumHi(view, base, size) ? inodeLayout.i_checksum_hi.get(view, base) * 0x1_0000 + low : low;
}

/** Put a checksum into the inode at `base`. */
export function storeInodeChecksum(view: DataView, base: number, size: number, checksum: number): void {
  inodeLayout.i_checksum_lo.set(view, base, checksum & 0xffff);
  if (hasChecksumHi(view, base, size)) inodeLayout.i_checksum_hi.set(view, base, checksum >>> 16);
}

/** `det_checksum` of a directory leaf. `seed` is that of the directory's inode. */
export const dirBlockChecksum = (seed: number, block: Uint8Array): number =>
  crc32c(seed, block, 0, block.length - DIR_TAIL_SIZE);

/**
 * `dt_checksum` of a block of a directory's index, which is in the tail after the room for entries: `dxTail`.
 *
 * @param entries byte where the entry array begins
 */
export function htreeChecksum(
  seed: number,
  block: Uint8Array,
  { entries, count, limit }: { readonly entries: number; readonly count: number; readonly limit: number },
): number {
  const tail = entries + DX_ENTRY_SIZE * limit;
  const used = crc32c(seed, block, 0, entries + DX_ENTRY_SIZE * count);
  return crc32c(crc32c(used, block, tail, tail + dxTailLayout.dt_checksum.offset), ZEROS);
}

/** `h_checksum` of the extended attribute block number `blockNumber`. `seed` is that of the file system. */
export const xattrBlockChecksum = (seed: number, blockNumber: number, block: Uint8Array): number =>
  crcAround(crc32cOfU64(seed, blockNumber), block, xattrHeaderLayout.h_checksum.offset);

/** Checksum of an extent node, stored at `extentNodeTail`. `seed` is that of the inode. */
export function extentNodeChecksum(seed: number, block: Uint8Array): number {
  const view = new DataView(block.buffer, block.byteOffset, block.length);
  return crc32c(seed, block, 0, extentNodeTail(view, 0));
}

/** What the checksums in a journal begin with. `uuid` is that of the journal's superblock. */
export const journalSeed = (uuid: Uint8Array): number => crc32c(ALL_ONES, uuid);

/** `s_checksum` of the journal's superblock of 1,024 bytes. */
export const journalSuperblockChecksum = (raw: Uint8Array): number =>
  crcAround(ALL_ONES, raw, journalSuperblockLayout.s_checksum.offset, JOURNAL_SUPERBLOCK_SIZE);

/** The last 4 bytes of a descriptor or revoke block. `seed` is that of the journal. */
export const journalTailChecksum = (seed: number, block: Uint8Array): number =>
  crcAround(seed, block, block.length - JOURNAL_TAIL_SIZE);

/**
 * Checksum of a logged block as it is in the log: an escaped word is zero. Version 3 stores 32 bits, version 2 the low
 * 16.
 *
 * @param sequence of the transaction
 */
export function tagChecksum(seed: number, sequence: number, block: Uint8Array): number {
  // Big endian, as all of the journal.
  const swapped =
    ((sequence & 0xff) << 24) | ((sequence & 0xff00) << 8) | ((sequence >>> 8) & 0xff00) | (sequence >>> 24);
  return crc32c(crc32cOfU32(seed, swapped), block);
}
