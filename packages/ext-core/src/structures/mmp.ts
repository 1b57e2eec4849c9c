import { type BytesField, bytes, type Field, u16, u32 } from '../bytes/field.ts';
import type { Source } from '../bytes/source.ts';
import { hasIncompat, type Superblock } from './superblock.ts';

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

/** Who has marked a file system as being in use. */
export interface MmpHolder {
  /** Counts up while it is mounted; MMP_SEQ_FSCK while it is checked. */
  readonly sequence: number;
  /** Host name, and the device's name there, as the holder wrote them: any bytes. */
  readonly nodeName: string;
  readonly deviceName: string;
}

/**
 * Who uses the file system of a source, by its MMP block. A mark may be stale: the one who made it may have crashed.
 * Source: kernel Documentation/filesystems/ext4/mmp.rst.
 *
 * @param source as far as it begins with the file system
 * @returns undefined when nobody does, there is no MMP block where the superblock says, or the feature is not set
 * @throws errors of the source
 */
export function mmpHolder(source: Source, sb: Superblock): MmpHolder | undefined {
  if (!hasIncompat(sb, 'mmp')) return undefined;
  const offset = sb.mmpBlock * sb.blockSize;
  if (sb.mmpBlock === 0 || sb.mmpBlock >= sb.blocksCount || offset + MMP_SIZE > source.size) return undefined;
  const block = new Uint8Array(MMP_SIZE);
  source.readAt(block, offset);
  const view = new DataView(block.buffer);
  const sequence = mmpLayout.mmp_seq.get(view, 0);
  if (mmpLayout.mmp_magic.get(view, 0) !== MMP_MAGIC || sequence === MMP_SEQ_CLEAN) return undefined;
  const text = (name: Uint8Array): string => new TextDecoder().decode(name).replace(/\0.*$/s, '');
  return {
    sequence,
    nodeName: text(mmpLayout.mmp_nodename.get(view, 0)),
    deviceName: text(mmpLayout.mmp_bdevname.get(view, 0)),
  };
}
