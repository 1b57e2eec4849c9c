import type { Filesystem } from '@e2image/ext-core';
import { crc32c } from '@e2image/ext-core/structures';
import { FileBlocks, readBuffer } from '../directory/file-blocks.ts';
import { PLAIN_ALPHABET, spell } from '../secret/alphabet.ts';
import { renewChecksum } from '../secret/checksum-renewal.ts';
import { type KeyedHash, PURPOSE } from '../secret/keyed-hash.ts';
import type { Classified, ValueInode } from '../survey/classify.ts';

/** The hash of an attribute value that is stored in an inode of its own, before and after scrambling. */
interface ValueHash {
  /** Bytes of the value. */
  readonly size: number;
  readonly before: number;
  readonly after: number;
}

/** By the number of the inode that contains the value. */
export type ValueHashes = Map<number, ValueHash>;

/**
 * Write block `logical` of a new value of `size` bytes. It depends on the key, the inode number and `logical` only, not on
 * the old value. Bytes after the end of the value become zeros.
 */
export function writeValueBlock(
  hash: KeyedHash,
  bytes: Uint8Array,
  { inode, logical, size }: { readonly inode: number; readonly logical: number; readonly size: number },
): void {
  hash.digestNumbers(PURPOSE.attributeInode, inode, logical);
  const used = Math.max(0, Math.min(bytes.length, size - logical * bytes.length));
  spell(bytes, 0, used, hash.high, hash.low, PLAIN_ALPHABET);
  bytes.fill(0, used);
}

/** Bytes of the largest value that the kernel allows. Source: kernel fs/ext4/xattr.h, EXT4_XATTR_SIZE_MAX */
const MAX_VALUE = 64 * 1024;

/** Compute the hashes of all values in inodes of their own, in steps. Each value is read once. */
export function* valueHashes(
  fs: Filesystem,
  hash: KeyedHash,
  seed: number,
  { classes, values, valueInodes }: Classified,
): Generator<void, ValueHashes> {
  const hashes: ValueHashes = new Map();
  const buffer = readBuffer(fs);
  const block = new Uint8Array(fs.blockSize);
  for (const runs of values) {
    const inode = valueInodes.get(runs.inode);
    if (inode === undefined || inode.size > MAX_VALUE) continue;
    let crc = seed;
    yield* new FileBlocks(fs, classes, runs).each(buffer, (bytes, logical) => {
      crc = crc32c(crc, bytes, 0, Math.max(0, Math.min(bytes.length, inode.size - logical * fs.blockSize)));
    });
    hashes.set(inode.inode, {
      size: inode.size,
      before: inode.hash,
      after: renewChecksum(inode.hash, crc, newHash(hash, seed, block, inode)),
    });
  }
  return hashes;
}

function newHash(hash: KeyedHash, seed: number, block: Uint8Array, { inode, size }: ValueInode): number {
  let crc = seed;
  for (let done = 0, logical = 0; done < size; done += block.length, logical++) {
    writeValueBlock(hash, block, { inode, logical, size });
    crc = crc32c(crc, block, 0, Math.min(block.length, size - done));
  }
  return crc;
}
