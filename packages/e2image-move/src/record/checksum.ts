import { crc32c } from '@e2image/ext-core/structures';

/** The checksum of each piece of a record: CRC32C from all ones, not inverted at the end, as in ext4. */
export const checksum = (bytes: Uint8Array): number => crc32c(0xffff_ffff, bytes);
