import { closeSync, mkdirSync, openSync, symlinkSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** Reproducible numbers: xorshift32. */
export class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0 || 1;
  }

  /** The next number, 0 <= n < `limit`. */
  below(limit: number): number {
    this.#state ^= this.#state << 13;
    this.#state ^= this.#state >>> 17;
    this.#state ^= this.#state << 5;
    return (this.#state >>> 0) % limit;
  }
}

const POOL = 32 << 20;
let noise: Uint8Array | undefined;
let text: Uint8Array | undefined;

/** `length` bytes, at most 16 MiB, half of the calls random and half compressible; a view on a pool that is shared. */
export function stuff(dice: Dice, length: number): Uint8Array {
  noise ??= makeNoise();
  text ??= makeText();
  const pool = dice.below(2) === 0 ? noise : text;
  const at = dice.below(POOL - length);
  return pool.subarray(at, at + length);
}

function makeNoise(): Uint8Array {
  const bytes = new Uint8Array(POOL);
  const words = new Uint32Array(bytes.buffer);
  const dice = new Dice(20_231_114);
  for (let index = 0; index < words.length; index++) words[index] = dice.below(0x1_0000_0000);
  return bytes;
}

function makeText(): Uint8Array {
  const dice = new Dice(7);
  const words = ['block', 'inode', 'group', 'extent', 'journal', 'of', 'the', 'a', 'superblock', '12', '4096', 'and'];
  let sample = '';
  while (sample.length < 1 << 18) sample += `${words[dice.below(words.length)]}${dice.below(9) === 0 ? '\n' : ' '}`;
  const piece = new TextEncoder().encode(sample);
  const bytes = new Uint8Array(POOL);
  for (let at = 0; at < POOL; at += piece.length) bytes.set(piece.subarray(0, Math.min(piece.length, POOL - at)), at);
  return bytes;
}

/** A file of any length, written in pieces. */
export function writeLarge(path: string, dice: Dice, length: number): void {
  const fd = openSync(path, 'w');
  for (let left = length; left > 0; left -= 8 << 20) writeSync(fd, stuff(dice, Math.min(left, 8 << 20)));
  closeSync(fd);
}

/** A file with one block of data at every second place. */
export function writeComb(path: string, dice: Dice, blockSize: number, count: number): void {
  const fd = openSync(path, 'w');
  for (let index = 0; index < count; index++)
    writeSync(fd, stuff(dice, blockSize), 0, blockSize, index * 2 * blockSize);
  closeSync(fd);
}

/** What a tree holds. */
export interface TreeShape {
  readonly folders: number;
  readonly files: number;
  readonly links: number;
  /** Bytes of all files. */
  readonly bytes: number;
}

/** Fill a folder with a tree as people have them: many small files, few large ones, spread over folders. */
export function writeTree(root: string, seed: number, shape: TreeShape): void {
  const dice = new Dice(seed);
  const folders = [root];
  for (let index = 0; index < shape.folders; index++) {
    const folder = join(folders[dice.below(folders.length)] ?? root, `folder-${index}`);
    mkdirSync(folder);
    folders.push(folder);
  }
  const somewhere = (): string => folders[dice.below(folders.length)] ?? root;
  // Nine files of ten are small and share a fifth of the bytes.
  const small = Math.max(1, Math.floor((shape.bytes / 5 / (shape.files * 0.9)) * 2));
  const large = Math.max(1, Math.floor(((shape.bytes * 4) / 5 / (shape.files * 0.1)) * 2));
  for (let index = 0; index < shape.files; index++) {
    const length = dice.below(10) > 0 ? dice.below(small) : dice.below(large);
    writeFileSync(join(somewhere(), `file-${index}.dat`), stuff(dice, length));
  }
  for (let index = 0; index < shape.links; index++) {
    const target = `../${dice.below(5) === 0 ? 'a-target-that-does-not-fit-into-an-inode/'.repeat(3) : 'short'}/${index}`;
    symlinkSync(target, join(somewhere(), `link-${index}`));
  }
}
