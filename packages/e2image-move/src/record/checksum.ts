import { crc32c } from '@e2image/ext-core/structures';

/** What guards each piece of a record: CRC32C from all ones, not inverted at the end, as ext4 takes it. */
export const checksum = (bytes: Uint8Array): number => crc32c(0xffff_ffff, bytes);
