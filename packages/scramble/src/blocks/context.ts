import type { Filesystem } from '@e2image/ext-core';
import type { OnScrambleProblem } from '../base/problem.ts';
import type { DirectoryNamer } from '../names/directory-namer.ts';
import type { KeyedHash } from '../secret/keyed-hash.ts';
import type { ValueHashes } from './value-inodes.ts';

/** What all structures of one file system are scrambled with. */
export interface Context {
  readonly fs: Filesystem;
  readonly hash: KeyedHash;
  readonly namer: DirectoryNamer;
  /** Seed of all checksums of this file system. */
  readonly seed: number;
  /** Whether it has checksums: the metadata_csum feature. */
  readonly hasChecksums: boolean;
  /** The new hash seed, 16 bytes; undefined to keep the old one. */
  readonly newHashSeed: Uint8Array | undefined;
  readonly values: ValueHashes;
  /** Whether an inode without links is still in use: it was unlinked while open. */
  isOrphan(inode: number): boolean;
  /** Whether contents of files are kept, also those inside inodes. */
  readonly allData: boolean;
  readonly onProblem: OnScrambleProblem | undefined;
}

/** One block, or several consecutive blocks of an inode table, to scramble in place. */
export interface Block {
  /** The block's bytes; scrambled in place. */
  readonly bytes: Uint8Array;
  /** A view of the same bytes. */
  readonly view: DataView;
  /** Block number on the file system; of a copy in the journal, that of the block it is a copy of. */
  readonly number: number;
}

/** @param number block number on the file system */
export const blockOf = (bytes: Uint8Array, number: number): Block => ({
  bytes,
  view: new DataView(bytes.buffer, bytes.byteOffset, bytes.length),
  number,
});
