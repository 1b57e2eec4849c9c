import { ExtError } from '@e2image/ext-core';
import { BLOCK_SIZES, type BytesField, bytes, type Field, u32 } from '@e2image/ext-core/structures';

/** The first four bytes of a normal image, little-endian. */
export const IMAGE_MAGIC = 0x7f2b_b710;
/** Text after the magic number, padded with NULs to 16 bytes. */
const IMAGE_DESCRIPTOR = 'Ext2 Image 1.0';
/** Bytes of the header; in the image, zeros follow it up to the end of its block. */
export const IMAGE_HEADER_SIZE = 332;

/**
 * `struct ext2_image_hdr`, keyed by its own field names: the first block of a normal image, read by
 * `dumpe2fs -i`, `debugfs -i` and `e2image -I`.
 * Source: e2fsprogs lib/ext2fs/e2image.h.
 */
export const imageHeaderLayout = {
  magic_number: u32(0),
  magic_descriptor: bytes(4, 16),
  fs_hostname: bytes(20, 64),
  fs_netaddr: bytes(84, 32),
  fs_netaddr_type: u32(116),
  fs_device: u32(120),
  fs_device_name: bytes(124, 64),
  fs_uuid: bytes(188, 16),
  fs_blocksize: u32(204),
  fs_reserved: bytes(208, 32),
  image_device: u32(240),
  image_inode: u32(244),
  image_time_lo: u32(248),
  image_time_hi: u32(252),
  image_reserved: bytes(256, 28),
  offset_super: u32(284),
  offset_inode: u32(288),
  offset_inodemap: u32(292),
  offset_blockmap: u32(296),
  offset_reserved: bytes(300, 32),
} as const satisfies Record<string, Field | BytesField>;

/** The header of a normal image. Text that was left out is empty, numbers are 0. */
export interface ImageHeader {
  /** The host that made the image, at most 64 bytes of UTF-8. */
  readonly hostName: string;
  /** The device that the image was made of, at most 63 bytes of UTF-8. */
  readonly deviceName: string;
  /** `st_rdev` of the device, low 32 bits. */
  readonly deviceNumber: number;
  /** 16 bytes. `readImageHeader` returns a view of the bytes that it was given. */
  readonly uuid: Uint8Array;
  /** Bytes. */
  readonly blockSize: number;
  /** `st_dev` and `st_ino` of the image file when it was made, low 32 bits each. */
  readonly imageDevice: number;
  readonly imageInode: number;
  /** When the image was made, in seconds since 1970. */
  readonly createdAt: number;
  /** First byte of each section. All are multiples of `blockSize`. */
  readonly offsets: ImageOffsets;
}

/** The offsets of the header have 32 bits: this is the first one that does not fit. */
export const IMAGE_OFFSET_LIMIT = 0x1_0000_0000;

/** Byte offsets of the sections that the header names: below `IMAGE_OFFSET_LIMIT`. */
export interface ImageOffsets {
  readonly superblock: number;
  readonly inodeTables: number;
  readonly inodeMap: number;
  readonly blockMap: number;
}

/**
 * Encode the header as one block of `header.blockSize` bytes, owned by the caller. Text that is too long is cut, as the
 * C tool does: host names at 64 bytes, device names at 63.
 *
 * @throws RangeError when an offset needs more than 32 bits; those of `placeImageSections` never do
 */
export function encodeImageHeader(header: ImageHeader): Uint8Array {
  const block = new Uint8Array(header.blockSize);
  const view = new DataView(block.buffer);
  const f = imageHeaderLayout;
  f.magic_number.set(view, 0, IMAGE_MAGIC);
  setText(f.magic_descriptor.get(view, 0), IMAGE_DESCRIPTOR);
  setText(f.fs_hostname.get(view, 0), header.hostName);
  f.fs_device.set(view, 0, header.deviceNumber);
  setText(f.fs_device_name.get(view, 0).subarray(0, 63), header.deviceName);
  f.fs_uuid.get(view, 0).set(header.uuid.subarray(0, 16));
  f.fs_blocksize.set(view, 0, header.blockSize);
  f.image_device.set(view, 0, header.imageDevice);
  f.image_inode.set(view, 0, header.imageInode % 0x1_0000_0000);
  f.image_time_lo.set(view, 0, header.createdAt % 0x1_0000_0000);
  f.image_time_hi.set(view, 0, Math.floor(header.createdAt / 0x1_0000_0000));
  for (const [field, offset] of offsetFields(header.offsets)) {
    if (!(offset >= 0 && offset < IMAGE_OFFSET_LIMIT))
      throw new RangeError(`section offset ${offset} needs over 32 bits`);
    field.set(view, 0, offset);
  }
  return block;
}

const offsetFields = (offsets: ImageOffsets): [Field, number][] => [
  [imageHeaderLayout.offset_super, offsets.superblock],
  [imageHeaderLayout.offset_inode, offsets.inodeTables],
  [imageHeaderLayout.offset_inodemap, offsets.inodeMap],
  [imageHeaderLayout.offset_blockmap, offsets.blockMap],
];

/** Copy as much of `text` as fits, never half a character. */
function setText(target: Uint8Array, text: string): void {
  new TextEncoder().encodeInto(text, target);
}

/** Whether these bytes begin with the magic number of a normal image. Never true for fewer than four bytes. */
export const isImageHeader = (raw: Uint8Array): boolean =>
  raw.length >= 4 && imageHeaderLayout.magic_number.get(new DataView(raw.buffer, raw.byteOffset, 4), 0) === IMAGE_MAGIC;

/**
 * Decode and check a header.
 *
 * @param raw the first 332 bytes of the image or more; `uuid` of the result is a view of them
 * @throws ExtError EXT_TRUNCATED, EXT_BAD_MAGIC, EXT_CORRUPT
 */
export function readImageHeader(raw: Uint8Array): ImageHeader {
  if (raw.length < IMAGE_HEADER_SIZE) {
    throw new ExtError('EXT_TRUNCATED', `normal image: ${raw.length} bytes are too few for a header`);
  }
  const view = new DataView(raw.buffer, raw.byteOffset, IMAGE_HEADER_SIZE);
  const f = imageHeaderLayout;
  if (!isImageHeader(raw)) {
    throw new ExtError(
      'EXT_BAD_MAGIC',
      `normal image: magic number is 0x${f.magic_number.get(view, 0).toString(16)}, not 0x${IMAGE_MAGIC.toString(16)}`,
      { detail: { field: 'magic_number' } },
    );
  }
  const header: ImageHeader = {
    hostName: text(f.fs_hostname.get(view, 0)),
    deviceName: text(f.fs_device_name.get(view, 0)),
    deviceNumber: f.fs_device.get(view, 0),
    uuid: f.fs_uuid.get(view, 0),
    blockSize: f.fs_blocksize.get(view, 0),
    imageDevice: f.image_device.get(view, 0),
    imageInode: f.image_inode.get(view, 0),
    createdAt: f.image_time_hi.get(view, 0) * 0x1_0000_0000 + f.image_time_lo.get(view, 0),
    offsets: {
      superblock: f.offset_super.get(view, 0),
      inodeTables: f.offset_inode.get(view, 0),
      inodeMap: f.offset_inodemap.get(view, 0),
      blockMap: f.offset_blockmap.get(view, 0),
    },
  };
  checkImageHeader(header);
  return header;
}

function checkImageHeader({ blockSize, offsets }: ImageHeader): void {
  const wrong = (field: keyof typeof imageHeaderLayout, value: number): ExtError =>
    new ExtError('EXT_CORRUPT', `normal image: ${field} is ${value}`, { detail: { field } });
  if (!BLOCK_SIZES.some((size) => size === blockSize)) throw wrong('fs_blocksize', blockSize);
  if (offsets.inodeTables % blockSize !== 0) throw wrong('offset_inode', offsets.inodeTables);
  if (offsets.inodeMap % blockSize !== 0) throw wrong('offset_inodemap', offsets.inodeMap);
  if (offsets.blockMap % blockSize !== 0) throw wrong('offset_blockmap', offsets.blockMap);
}

/** The bytes before the first NUL. */
function text(field: Uint8Array): string {
  const end = field.indexOf(0);
  return new TextDecoder().decode(end < 0 ? field : field.subarray(0, end));
}
