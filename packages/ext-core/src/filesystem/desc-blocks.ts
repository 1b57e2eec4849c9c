import { ExtError } from '../bytes/errors.ts';
import { ioFailure } from '../bytes/io-failure.ts';
import type { OnProblem } from '../bytes/problem.ts';
import type { Source } from '../bytes/source.ts';
import { descBlockLocation, descsPerBlock, groupFirstBlock, hasSuperblockCopy } from '../structures/group-layout.ts';
import { descBlockCount, type Superblock } from '../structures/superblock.ts';

/** Largest table that is read: 2^21 descriptors of 64 bytes, 256 TiB at 4 KiB blocks. */
const MAX_DESC_TABLE = 128 * 1024 * 1024;

/**
 * The descriptor blocks of a file system, which may be far apart, as one source. An unreadable block is replaced by its
 * backup, or by zeros if that fails, too. It is reported once, and never read again.
 */
export class DescBlocks implements Source {
  readonly size: number;
  /** Blocks that could not be read: index in the table -> block number. Complete after the whole table was read once. */
  readonly unread: ReadonlyMap<number, number>;
  readonly #unread = new Map<number, number>();
  readonly #source: Source;
  readonly #sb: Superblock;
  readonly #superblockBlock: number;
  readonly #onProblem: OnProblem | undefined;

  /** @throws ExtError EXT_TOO_LARGE; EXT_TRUNCATED if the source ends before the first of them */
  constructor(source: Source, sb: Superblock, superblockBlock: number, onProblem?: OnProblem) {
    this.unread = this.#unread;
    this.#source = source;
    this.#sb = sb;
    this.#superblockBlock = superblockBlock;
    this.#onProblem = onProblem;
    this.size = descTableSize(sb);
    const end = (this.#location(0) + 1) * sb.blockSize;
    if (end <= source.size) return;
    throw new ExtError('EXT_TRUNCATED', `group descriptors end at byte ${end}, the source at byte ${source.size}`, {
      detail: { block: this.#location(0) },
    });
  }

  /** Fill `into`, whole blocks, from byte `offset` of the table on. @throws errors that `ioFailure` rethrows */
  readAt(into: Uint8Array, offset: number): void {
    const { blockSize } = this.#sb;
    for (let at = 0; at < into.length; ) {
      const index = (offset + at) / blockSize;
      const count = this.#neighbours(index, (into.length - at) / blockSize);
      const bytes = into.subarray(at, at + count * blockSize);
      if (this.#isUnread(index, count) || !this.#readTogether(bytes, this.#location(index))) {
        for (let i = 0; i < count; i++) this.#readOne(bytes.subarray(i * blockSize, (i + 1) * blockSize), index + i);
      }
      at += count * blockSize;
    }
  }

  #location(index: number): number {
    return descBlockLocation(this.#sb, this.#superblockBlock, index);
  }

  /** How many descriptor blocks, `most` at most, are adjacent from `index` on. */
  #neighbours(index: number, most: number): number {
    const block = this.#location(index);
    let count = 1;
    while (count < most && this.#location(index + count) === block + count) count++;
    return count;
  }

  /** Whether any of `count` descriptor blocks from `index` on could not be read before. */
  #isUnread(index: number, count: number): boolean {
    if (this.#unread.size === 0) return false;
    for (let i = 0; i < count; i++) if (this.#unread.has(index + i)) return true;
    return false;
  }

  #readTogether(into: Uint8Array, block: number): boolean {
    const offset = block * this.#sb.blockSize;
    if (offset + into.length > this.#source.size) return false;
    try {
      this.#source.readAt(into, offset);
      return true;
    } catch (error) {
      ioFailure(error);
      return false;
    }
  }

  #readOne(into: Uint8Array, index: number): void {
    const isKnown = this.#unread.has(index);
    const failure = this.#readFirstReadable(into, this.#copies(index, isKnown));
    if (isKnown || failure === undefined) return;
    const block = this.#location(index);
    const group = index * descsPerBlock(this.#sb);
    this.#unread.set(index, block);
    const what = failure.isReplaced ? `block ${block} cannot be read, a backup is used` : 'no copy can be read';
    const message = `group descriptors from group ${group} on: ${what} (${failure.reason})`;
    this.#onProblem?.({ code: 'unreadable', message, lost: true, block, group });
  }

  /** Block numbers of the copies of descriptor block `index`, the best one first: the trusted table, then backups. */
  *#copies(index: number, onlyBackups: boolean): Generator<number> {
    const sb = this.#sb;
    if (!onlyBackups) yield this.#location(index);
    // Three backups are enough: a disk that lost four copies of a block has lost far more than this block.
    let copies = 0;
    for (let group = 1; group < Math.min(sb.groupCount, 128) && copies < 3; group++) {
      if (!hasSuperblockCopy(sb, group)) continue;
      copies++;
      yield descBlockLocation(sb, groupFirstBlock(sb, group), index);
    }
  }

  /** @returns undefined if the first could be read, else the reason why not; `into` becomes zeros if none could */
  #readFirstReadable(
    into: Uint8Array,
    blocks: Iterable<number>,
  ): { readonly reason: string; readonly isReplaced: boolean } | undefined {
    let reason: string | undefined;
    for (const block of blocks) {
      if ((block + 1) * into.length > this.#source.size) {
        reason ??= `block ${block} is past the end of the source`;
        continue;
      }
      try {
        this.#source.readAt(into, block * into.length);
        return reason === undefined ? undefined : { reason, isReplaced: true };
      } catch (error) {
        reason ??= ioFailure(error);
      }
    }
    into.fill(0);
    return reason === undefined ? undefined : { reason, isReplaced: false };
  }
}

/**
 * Bytes of the descriptor blocks of a file system, one copy of each.
 *
 * @throws ExtError EXT_TOO_LARGE beyond 128 MiB: it would take too long, and no file system of that size exists
 */
export function descTableSize(sb: Superblock): number {
  const bytes = descBlockCount(sb) * sb.blockSize;
  if (bytes <= MAX_DESC_TABLE) return bytes;
  throw new ExtError('EXT_TOO_LARGE', `${sb.groupCount} group descriptors exceed ${MAX_DESC_TABLE} bytes`);
}
