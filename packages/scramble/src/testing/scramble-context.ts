import { openFilesystem } from '@e2image/ext-core';
import { filesystemSeed } from '@e2image/ext-core/structures';
import { TinyFilesystem } from '@e2image/ext-core/testing';
import { type Block, blockOf, type Context } from '../blocks/context.ts';
import { DirectoryNamer } from '../names/directory-namer.ts';
import { KeyedHash } from '../secret/keyed-hash.ts';

/** The key of all tests. */
export const TEST_KEY: Uint8Array = new Uint8Array(16).fill(5);

/** A context for blocks of a file system: without checksums, nothing chosen, nobody listening. */
export function testContext(disk: TinyFilesystem = new TinyFilesystem(), changes: Partial<Context> = {}): Context {
  const fs = openFilesystem(disk);
  const hash = new KeyedHash(TEST_KEY);
  const seeds = { oldSeed: new Uint8Array(16), newSeed: new Uint8Array(16).fill(7) };
  return {
    fs,
    hash,
    namer: new DirectoryNamer(fs, hash, { isFresh: true, ...seeds }),
    seed: filesystemSeed(fs.superblock),
    hasChecksums: false,
    newHashSeed: undefined,
    values: new Map(),
    isOrphan: () => false,
    allData: false,
    onProblem: undefined,
    ...changes,
  };
}

/** A block of zeros inside a larger buffer, so that an offset into that buffer must be heeded. */
export function emptyBlock(size: number, number = 77): Block {
  return blockOf(new Uint8Array(3 * size).subarray(size, 2 * size), number);
}
