import type { Filesystem } from '@e2image/ext-core';
import type { OnScrambleProblem } from '../base/problem.ts';
import type { DirectoryNamer } from '../names/directory-namer.ts';
import type { KeyedHash } from '../secret/keyed-hash.ts';
import type { ValueHashes } from './value-inodes.ts';

/** What every structure is scrambled with. */
export interface Context {
  readonly fs: Filesystem;
  readonly hash: KeyedHash;
  readonly namer: DirectoryNamer;
  /** What the checksums of this file system begin with. */
  readonly seed: number;
  /** Whether it has them: the metadata_csum feature. */
  readonly hasChecksums: boolean;
  /** 16 bytes; undefined to keep the hash seed. */
  readonly newHashSeed: Uint8Array | undefined;
  readonly values: ValueHashes;
  /** Whether an inode without links still is one: it was unlinked while open. */
  isOrphan(inode: number): boolean;
  /** Whether contents of files are to stay, those inside inodes too. */
  readonly allData: boolean;
  readonly onProblem: OnScrambleProblem | undefined;
}

/** One block to scramble in place; of an inode table, one or more that follow each other. */
export interface Block {
  /** Exactly what it holds. */
  readonly bytes: Uint8Array;
  /** The same bytes. */
  readonly view: DataView;
  /** Where it belongs on the file system; a copy in the journal belongs elsewhere than it lies. */
  readonly number: number;
}

export const blockOf = (bytes: Uint8Array, number: number): Block => ({
  bytes,
  view: new DataView(bytes.buffer, bytes.byteOffset, bytes.length),
  number,
});
