import { Buffer } from 'node:buffer';
import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { dumpe2fs } from './oracle.ts';

/** `[start, start + count)`, in blocks. */
export interface Blocks {
  readonly start: number;
  readonly count: number;
}

/** Where the metadata of a file system is, as dumpe2fs prints it. */
export interface Places {
  readonly blockSize: number;
  readonly superblock: readonly Blocks[];
  readonly descriptors: readonly Blocks[];
  readonly bitmaps: readonly Blocks[];
  readonly inodeTables: readonly Blocks[];
  /** Those of groups that were never used, too. */
  readonly allTables: readonly Blocks[];
}

/** Ask dumpe2fs. Backups are left out (but for those of meta_bg descriptors); so are bitmaps and tables of groups that were never used. */
export function placesOf(image: string): Places {
  const text = new TextDecoder('latin1').decode(dumpe2fs([image]).stdout);
  const blockSize = Number(/^Block size:\s+(\d+)$/m.exec(text)?.[1]);
  const perTable = Number(/^Inode blocks per group:\s+(\d+)$/m.exec(text)?.[1]);
  const groups = text.split(/^Group \d+: /m).slice(1);
  const found = groups.flatMap((group) => {
    const at = (name: string): Blocks[] => {
      const match = new RegExp(`${name} at (\\d+)(?:-(\\d+))?`).exec(group);
      if (match === null) return [];
      const start = Number(match[1]);
      return [{ start, count: match[2] === undefined ? 1 : Number(match[2]) - start + 1 }];
    };
    const flags = /^.*$/m.exec(group)?.[0] ?? '';
    const tables = at('Inode table').map(({ start }) => ({ start, count: perTable }));
    const hasInodes = !flags.includes('INODE_UNINIT');
    return [
      {
        superblock: at('Primary superblock'),
        // With meta_bg each metablock group has its own, and copies of it: `Group descriptor at`.
        descriptors: [
          ...(group.includes('Primary superblock') ? at('Group descriptors') : []),
          ...at('Group descriptor'),
        ],
        bitmaps: [
          ...(flags.includes('BLOCK_UNINIT') ? [] : at('Block bitmap')),
          ...(hasInodes ? at('Inode bitmap') : []),
        ],
        inodeTables: hasInodes ? tables : [],
        allTables: tables,
      },
    ];
  });
  const all = (key: keyof (typeof found)[number]): Blocks[] => found.flatMap((group) => group[key]);
  return {
    blockSize,
    superblock: all('superblock'),
    descriptors: all('descriptors'),
    bitmaps: all('bitmaps'),
    inodeTables: all('inodeTables'),
    allTables: all('allTables'),
  };
}

/** Bytes that are drawn; longer runs repeat them. Odd, so that blocks differ. */
const DRAWN = 65_537;

/**
 * Overwrite blocks with bytes that look like nothing, the same for the same seed. Of block 0 only what is the superblock's:
 * the boot sector before it and the room after it belong to nobody's metadata.
 */
export function junk(image: string, blocks: readonly Blocks[], blockSize: number, seed = 1): void {
  const fd = openSync(image, 'r+');
  let state = seed >>> 0;
  try {
    for (const { start, count } of blocks) {
      const bytes = new Uint8Array(count * blockSize);
      const drawn = Math.min(bytes.length, DRAWN);
      for (let at = 0; at < drawn; at++) {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        bytes[at] = state >>> 24;
      }
      for (let at = drawn; at < bytes.length; at += drawn) bytes.copyWithin(at, 0, Math.min(drawn, bytes.length - at));
      if (start > 0) {
        writeSync(fd, bytes, 0, bytes.length, start * blockSize);
        continue;
      }
      const first = Math.min(1024, blockSize - 1024);
      writeSync(fd, bytes, 0, first, 1024);
      writeSync(fd, bytes, blockSize, bytes.length - blockSize, blockSize);
    }
  } finally {
    closeSync(fd);
  }
}

/** The bytes of some blocks, one after the other. */
export function bytesOf(image: string, blocks: readonly Blocks[], blockSize: number): Uint8Array {
  const fd = openSync(image, 'r');
  try {
    const pieces = blocks.map(({ start, count }) => {
      const bytes = new Uint8Array(count * blockSize);
      readSync(fd, bytes, 0, bytes.length, start * blockSize);
      return bytes;
    });
    return Buffer.concat(pieces);
  } finally {
    closeSync(fd);
  }
}

/** The blocks of a file that are not zeros. */
export function nonZeroBlocks(image: string, size: number, blockSize: number): Blocks[] {
  const blocks: { start: number; count: number }[] = [];
  const whole = bytesOf(image, [{ start: 0, count: size / blockSize }], blockSize);
  for (let block = 0; block * blockSize < size; block++) {
    if (whole.subarray(block * blockSize, (block + 1) * blockSize).every((byte) => byte === 0)) continue;
    const last = blocks.at(-1);
    if (last !== undefined && last.start + last.count === block) last.count++;
    else blocks.push({ start: block, count: 1 });
  }
  return blocks;
}
