import { crc32c, journalTailChecksum, tagChecksum } from '@e2image/ext-core/structures';
import { TINY, type TinyFilesystem } from '@e2image/ext-core/testing';

/** First block of the journal, and number of its blocks. */
export const JOURNAL = { start: 100, blocks: 24 } as const;
/** The word that begins each block of the log but the copies, as it is stored. */
export const MAGIC = [0xc0, 0x3b, 0x39, 0x98] as const;
/** Bits of the incompatible features of a journal. */
export const FEATURE = { '64bit': 2, csumV2: 8, csumV3: 0x10 } as const;

const SIZE = TINY.blockSize;
const UUID = Uint8Array.from({ length: 16 }, (_, i) => 0x60 + i);

/** What one transaction holds. */
export interface NewTransaction {
  /** Blocks of the file system with their new content. */
  readonly copies?: readonly (readonly [block: number, content: Uint8Array])[];
  /** Blocks that older transactions hold and a replay must not write. */
  readonly revokes?: readonly number[];
}

/** How to write a log. */
export interface NewLog {
  readonly transactions: readonly NewTransaction[];
  /** Block where the log begins. Default: 1, the first one. */
  readonly start?: number;
  /** Bits of `FEATURE`. */
  readonly incompat?: number;
  /** 1 = one checksum in each commit block. */
  readonly compat?: number;
  /** Of the first transaction. Default: 50. */
  readonly sequence?: number;
}

/** Blocks of the journal, by what was written there. */
export interface WrittenLog {
  readonly descriptors: readonly number[];
  readonly copies: readonly number[];
  readonly revokes: readonly number[];
  readonly commits: readonly number[];
}

/** The bytes of block `at` of the journal of a disk, in place. */
export const journalBlock = (disk: TinyFilesystem, at: number): Uint8Array =>
  disk.bytes.subarray((JOURNAL.start + at) * SIZE, (JOURNAL.start + at + 1) * SIZE);

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);

/** Give a disk a journal with a log, by offsets of its own. */
export function writeJournal(disk: TinyFilesystem, log: NewLog): WrittenLog {
  disk.extents(8, 'regular', 0, [[0, JOURNAL.blocks, JOURNAL.start]]);
  const { start = 1, sequence = 50, incompat = 0, compat = 0 } = log;
  const head = viewOf(journalBlock(disk, 0));
  const words = { 0: 0xc03b_3998, 4: 4, 12: SIZE, 16: JOURNAL.blocks, 20: 1, 24: sequence, 28: start, 36: compat };
  for (const [at, value] of Object.entries(words)) head.setUint32(Number(at), value);
  head.setUint32(40, incompat);
  journalBlock(disk, 0).set(UUID, 48);
  const writer = new LogWriter(disk, start, incompat);
  for (const [i, transaction] of log.transactions.entries()) writer.transaction(transaction, (sequence + i) >>> 0);
  return writer.written;
}

class LogWriter {
  readonly written: Record<keyof WrittenLog, number[]> = { descriptors: [], copies: [], revokes: [], commits: [] };
  readonly #disk: TinyFilesystem;
  readonly #incompat: number;
  #at: number;

  constructor(disk: TinyFilesystem, start: number, incompat: number) {
    this.#disk = disk;
    this.#at = start;
    this.#incompat = incompat;
  }

  transaction({ copies = [], revokes = [] }: NewTransaction, sequence: number): void {
    if (copies.length > 0) this.#descriptor(copies, sequence);
    if (revokes.length > 0) {
      const bytes = this.#block('revokes', 5, sequence);
      bytes.fill(0, 12);
      const view = viewOf(bytes);
      view.setUint32(12, 16 + 4 * revokes.length);
      for (const [i, block] of revokes.entries()) view.setUint32(16 + 4 * i, block);
    }
    const bytes = this.#block('commits', 2, sequence);
    bytes.fill(0, 12);
    bytes.fill(0x11, 12, 60);
  }

  #descriptor(copies: Required<NewTransaction>['copies'], sequence: number): void {
    const bytes = this.#block('descriptors', 1, sequence);
    const view = viewOf(bytes);
    const v3 = (this.#incompat & FEATURE.csumV3) !== 0;
    const hasChecksums = (this.#incompat & (FEATURE.csumV2 | FEATURE.csumV3)) !== 0;
    let at = 12;
    bytes.fill(0, at, at + copies.length * this.#tagSize + 16);
    for (const [i, [block, content]] of copies.entries()) {
      const isEscaped = MAGIC.every((byte, j) => content[j] === byte);
      const copy = this.#next('copies');
      copy.set(content);
      if (isEscaped) copy.fill(0, 0, 4);
      const flags = (isEscaped ? 1 : 0) | (i > 0 ? 2 : 0) | (i === copies.length - 1 ? 8 : 0);
      const checksum = hasChecksums ? tagChecksum(SEED, sequence, copy) : 0;
      view.setUint32(at, block);
      if (v3) view.setUint32(at + 4, flags);
      else view.setUint16(at + 6, flags);
      if (v3) view.setUint32(at + 12, checksum);
      else if (hasChecksums) view.setUint16(at + 4, checksum & 0xffff);
      at += this.#tagSize;
      if (i === 0) bytes.set(UUID, at);
      if (i === 0) at += 16;
    }
    if (hasChecksums) view.setUint32(SIZE - 4, journalTailChecksum(SEED, bytes));
  }

  get #tagSize(): number {
    if ((this.#incompat & FEATURE.csumV3) !== 0) return 16;
    const wide = (this.#incompat & FEATURE['64bit']) !== 0 ? 4 : 0;
    return 8 + wide + ((this.#incompat & FEATURE.csumV2) !== 0 ? 2 : 0);
  }

  #block(kind: keyof WrittenLog, type: number, sequence: number): Uint8Array {
    const bytes = this.#next(kind);
    const view = viewOf(bytes);
    bytes.set(MAGIC);
    view.setUint32(4, type);
    view.setUint32(8, sequence);
    return bytes;
  }

  /** The next block of the log, which is a ring. */
  #next(kind: keyof WrittenLog): Uint8Array {
    const at = this.#at;
    this.#at = at + 1 === JOURNAL.blocks ? 1 : at + 1;
    this.written[kind].push(at);
    return journalBlock(this.#disk, at);
  }
}

/** What the checksums of this journal begin with. */
export const SEED: number = crc32c(0xffff_ffff, UUID);

/** A tag of a descriptor block, as it is stored. */
export interface FoundTag {
  readonly block: number;
  readonly flags: number;
  readonly checksum: number;
}

/** Read `count` tags of the descriptor block at `at`, by offsets of its own. */
export function readTagsOf(bytes: Uint8Array, count: number, incompat: number): FoundTag[] {
  const view = viewOf(bytes);
  const v3 = (incompat & FEATURE.csumV3) !== 0;
  const v2 = (incompat & FEATURE.csumV2) !== 0;
  const size = v3 ? 16 : 8 + ((incompat & FEATURE['64bit']) !== 0 ? 4 : 0) + (v2 ? 2 : 0);
  return Array.from({ length: count }, (_, i) => {
    const at = 12 + i * size + (i > 0 ? 16 : 0);
    const flags = v3 ? view.getUint32(at + 4) : view.getUint16(at + 6);
    const checksum = v3 ? view.getUint32(at + 12) : view.getUint16(at + 4);
    return { block: view.getUint32(at), flags, checksum };
  });
}
