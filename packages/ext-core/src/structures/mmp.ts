import { crc32c } from '../bytes/crc.ts';
import { type BytesField, bytes, type Field, u16, u32, u64 } from '../bytes/field.ts';
import { ioFailure } from '../bytes/io-failure.ts';
import type { Source } from '../bytes/source.ts';
import { nulTerminatedText } from '../bytes/text.ts';
import { filesystemSeed } from './checksum.ts';
import { hasIncompat, hasRoCompat, type Superblock } from './superblock.ts';

/** Bytes of the structure; the rest of its block is unused. */
export const MMP_SIZE = 1024;
export const MMP_MAGIC = 0x004d_4d50;

/**
 * `struct mmp_struct`: which host uses a file system that several hosts can reach.
 * Source: kernel Documentation/filesystems/ext4/mmp.rst.
 */
export const mmpLayout = {
  mmp_magic: u32(0x00),
  mmp_seq: u32(0x04),
  mmp_time: u64(0x08),
  mmp_nodename: bytes(0x10, 64),
  mmp_bdevname: bytes(0x50, 32),
  mmp_check_interval: u16(0x70),
  mmp_pad1: u16(0x72),
  mmp_pad2: bytes(0x74, 904),
  mmp_checksum: u32(0x3fc),
} as const satisfies Record<string, Field | BytesField>;

/**
 * Values of `mmp_seq` with a meaning of their own: no host uses the file system, and e2fsck is running on it. While it
 * is mounted the number counts up.
 */
export const MMP_SEQ_CLEAN = 0xff4d_4d50;
export const MMP_SEQ_FSCK = 0xe24d_4d50;

/**
 * What the MMP block of a file system says about its use. A mark of use may be stale: the host that made it may have
 * crashed. The kernel refuses to mount a file system for writing whose MMP block is damaged or cannot be read.
 */
export type MmpState =
  /** The file system does not use multi-mount protection. */
  | { readonly kind: 'absent' }
  /** No host uses the file system. */
  | { readonly kind: 'free'; readonly block: number }
  | MmpHolder
  /** `reason` says what is wrong, in a few words. */
  | { readonly kind: 'damaged' | 'unreadable'; readonly block: number; readonly reason: string };

/** The mark of a host, or of e2fsck, in an MMP block. */
interface MmpHolder {
  readonly kind: 'held';
  readonly block: number;
  /** Counts up while the file system is mounted; MMP_SEQ_FSCK while it is checked. */
  readonly sequence: number;
  /** Host name, and the device's name there, as the holder wrote them: any text. */
  readonly nodeName: string;
  readonly deviceName: string;
}

/** `mmp_checksum` of an MMP block. `seed` is that of the file system. */
export const mmpChecksum = (seed: number, block: Uint8Array): number =>
  crc32c(seed, block, 0, mmpLayout.mmp_checksum.offset);

/**
 * Read the MMP block of a file system and judge it, by the kernel's rules: the block must be one of the file system,
 * with the magic number and, under metadata_csum, the right checksum. One rule is stricter: a mark of use counts even
 * if the checksum is wrong.
 *
 * Source: kernel Documentation/filesystems/ext4/mmp.rst.
 *
 * @param source begins with the file system; it may be shorter
 * @throws errors of the source that are not about unreadable bytes, as `ioFailure`
 */
export function readMmp(source: Source, sb: Superblock): MmpState {
  if (!hasIncompat(sb, 'mmp')) return { kind: 'absent' };
  const { mmpBlock: block, blockSize } = sb;
  // Block 0 is never one: it holds the boot sector and, if blocks are large, the superblock.
  if (block < Math.max(1, sb.firstDataBlock) || block >= sb.blocksCount) {
    return { kind: 'damaged', block, reason: 'outside the file system' };
  }
  const raw = new Uint8Array(MMP_SIZE);
  if (block * blockSize + MMP_SIZE > source.size) {
    return { kind: 'unreadable', block, reason: `the source ends at byte ${source.size}` };
  }
  try {
    source.readAt(raw, block * blockSize);
  } catch (error) {
    return { kind: 'unreadable', block, reason: ioFailure(error) };
  }
  return judge(sb, raw);
}

function judge(sb: Superblock, raw: Uint8Array): MmpState {
  const view = new DataView(raw.buffer, raw.byteOffset, raw.length);
  const block = sb.mmpBlock;
  const f = mmpLayout;
  const magic = f.mmp_magic.get(view, 0);
  if (magic !== MMP_MAGIC) return { kind: 'damaged', block, reason: `magic number 0x${magic.toString(16)}` };
  const sequence = f.mmp_seq.get(view, 0);
  if (sequence !== MMP_SEQ_CLEAN) {
    const nodeName = nulTerminatedText(f.mmp_nodename.get(view, 0));
    return { kind: 'held', block, sequence, nodeName, deviceName: nulTerminatedText(f.mmp_bdevname.get(view, 0)) };
  }
  const isIntact =
    !hasRoCompat(sb, 'metadata_csum') || f.mmp_checksum.get(view, 0) === mmpChecksum(filesystemSeed(sb), raw);
  return isIntact ? { kind: 'free', block } : { kind: 'damaged', block, reason: 'wrong checksum' };
}
