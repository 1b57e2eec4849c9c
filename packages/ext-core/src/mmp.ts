import { type BytesField, bytes, type Field, u16, u32 } from './field.ts';

/** Bytes of the structure; the rest of its block is unused. */
export const MMP_SIZE = 1024;
export const MMP_MAGIC = 0x004d_4d50;

/**
 * `struct mmp_struct`: who uses a file system that several machines can reach.
 * Source: kernel Documentation/filesystems/ext4/mmp.rst.
 */
export const mmpLayout = {
  mmp_magic: u32(0x00),
  mmp_seq: u32(0x04),
  mmp_time: bytes(0x08, 8),
  mmp_nodename: bytes(0x10, 64),
  mmp_bdevname: bytes(0x50, 32),
  mmp_check_interval: u16(0x70),
  mmp_pad1: u16(0x72),
  mmp_pad2: bytes(0x74, 904),
  mmp_checksum: u32(0x3fc),
} as const satisfies Record<string, Field | BytesField>;

/** Values of `mmp_seq`: nobody uses the file system; e2fsck does. Others count up while it is mounted. */
export const MMP_SEQ_CLEAN = 0xff4d_4d50;
export const MMP_SEQ_FSCK = 0xe24d_4d50;
