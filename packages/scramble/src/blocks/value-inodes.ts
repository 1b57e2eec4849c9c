import type { Filesystem } from '@e2image/ext-core';
import { crc32c } from '@e2image/ext-core/structures';
import { FileBlocks, readBuffer } from '../directory/file-blocks.ts';
import { PLAIN_ALPHABET, spell } from '../secret/alphabet.ts';
import { renewChecksum } from '../secret/checksum-renewal.ts';
import { type KeyedHash, PURPOSE } from '../secret/keyed-hash.ts';
import type { Classified, ValueInode } from '../survey/classify.ts';

/** The hash of a value that lies in an inode of its own, as it was and as it will be. */
export interface ValueHash {
  /** Bytes of the value. */
  readonly size: number;
  readonly before: number;
  readonly after: number;
}

/** By inode. */
export type ValueHashes = Map<number, ValueHash>;

/**
 * Write the new value of an attribute, which follows from nothing but the key and where it is: block `logical` of the
 * inode. What is behind its end becomes zeros.
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

/** Bytes of the largest value: what the kernel allows. */
const MAX_VALUE = 64 * 1024;

/** Find out the hashes of all values that lie in inodes of their own: each is read once. */
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
