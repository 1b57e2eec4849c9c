import { closeSync, ftruncateSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** Deterministic bytes that do not compress: xorshift32, one number per four bytes. */
export function noise(length: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(Math.ceil(length / 4) * 4);
  const view = new DataView(bytes.buffer);
  let state = seed >>> 0 || 1;
  for (let at = 0; at < bytes.length; at += 4) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    view.setUint32(at, state >>> 0, true);
  }
  return bytes.subarray(0, length);
}

/** A file with data only in `pieces` of `size` bytes at the given offsets; between them are holes. */
function writePieces(path: string, size: number, offsets: readonly number[]): void {
  const fd = openSync(path, 'w');
  const piece = noise(size, size);
  for (const offset of offsets) writeSync(fd, piece, 0, size, offset);
  ftruncateSync(fd, (offsets.at(-1) ?? 0) + size);
  closeSync(fd);
}

const every = (step: number, count: number): number[] => Array.from({ length: count }, (_, index) => index * step);

/** First block after the direct, the indirect and the double indirect blocks of an inode, for blocks of 1 KiB. */
const TRIPLE_1K = 12 + 256 + 256 * 256;

/** Files that recipes put into file systems, by name; a recipe's `@name` is replaced by the path. */
const CONTENT: Readonly<Record<string, (path: string) => void>> = {
  empty: (path) => writeFileSync(path, ''),
  tiny: (path) => writeFileSync(path, 'fits into an inode\n'),
  small: (path) => writeFileSync(path, noise(700, 2)),
  block: (path) => writeFileSync(path, noise(4096, 3)),
  text: (path) => writeFileSync(path, 'the quick brown fox jumps over the lazy dog\n'.repeat(500)),
  mega: (path) => writeFileSync(path, noise(1 << 20, 4)),
  ragged: (path) => writeFileSync(path, noise(2_345_678, 5)),
  large: (path) => writeFileSync(path, noise(12 << 20, 6)),
  value200: (path) => writeFileSync(path, noise(200, 7)),
  value900: (path) => writeFileSync(path, noise(900, 8)),
  value3000: (path) => writeFileSync(path, noise(3000, 9)),
  value20000: (path) => writeFileSync(path, noise(20_000, 10)),
  // Every second block: each becomes an extent of its own, or a pointer between zeros.
  comb1k: (path) => writePieces(path, 1024, every(2048, 900)),
  comb4k: (path) => writePieces(path, 4096, every(8192, 1500)),
  comb64k: (path) => writePieces(path, 65536, every(131072, 40)),
  deepcomb1k: (path) => writePieces(path, 1024, every(2048, 30_000)),
  // One block under each kind of pointer, and two under different double indirect blocks of the triple one.
  triple1k: (path) =>
    writePieces(
      path,
      1024,
      [0, 12, 300, TRIPLE_1K, TRIPLE_1K + 70_000].map((block) => block * 1024),
    ),
  triple2k: (path) =>
    writePieces(
      path,
      2048,
      [0, 12, 600, 12 + 512 + 512 * 512].map((block) => block * 2048),
    ),
  // Block numbers for mke2fs -l; more than twelve and they need an indirect block.
  badfew: (path) => writeFileSync(path, '9001\n9002\n9100\n'),
  badmany: (path) =>
    writeFileSync(
      path,
      every(3, 400)
        .map((block) => `${9000 + block}\n`)
        .join(''),
    ),
  double4k: (path) =>
    writePieces(
      path,
      4096,
      [0, 12, 1040, 5000, 90_000].map((block) => block * 4096),
    ),
};

/** Make the files of CONTENT that are named in `text` as `@name`. @returns `text` with paths in their place */
export function withContent(text: string, folder: string): string {
  mkdirSync(folder, { recursive: true });
  return text.replaceAll(/@([a-z]+\d*k?)\b/g, (_, name: string) => {
    const write = CONTENT[name];
    if (write === undefined) throw new Error(`no content is named ${name}`);
    const path = join(folder, name);
    write(path);
    return path;
  });
}
