import type { Source } from '@e2image/ext-core';
import { BlockSet } from '@e2image/ext-core/walk';
import { noCounts, type ScrambleCounts } from './base/counts.ts';
import { blockOf, type Context } from './blocks/context.ts';
import type { JournalScrambler } from './blocks/journal-blocks.ts';
import { scrambleBlock } from './blocks/scramble-block.ts';
import { scrambleSuperblock } from './blocks/superblock.ts';
import type { JournalView } from './journal/journal-views.ts';
import { scrambledSource } from './scrambled-source.ts';
import { type BlockClasses, type ClassRun, KIND } from './survey/block-classes.ts';
import type { Classified, OwnedRuns } from './survey/classify.ts';

/** Scrambles the blocks of one file system. The result does not depend on their order. */
export interface Scrambler {
  /**
   * Scramble blocks in place.
   *
   * @param bytes whole blocks with their original content
   * @param byteOffset offset of the first one in the file system, a multiple of the block size
   */
  transform(bytes: Uint8Array, byteOffset: number): void;
  /** A source that reads as the scrambled file system. @param source the original one; borrowed */
  source(source: Source): Source;
  /** Scramble a superblock of 1,024 bytes that is stored elsewhere, in the header of a normal image. */
  superblock(raw: Uint8Array): void;
  /**
   * The blocks that an image needs under `ScrambleOptions.select`: those that are in use now, and those that a replay of
   * the journal would put into use.
   */
  readonly selected: BlockSet;
  /** What was hidden so far: a copy of the counts. */
  report(): ScrambleCounts;
}

/** The file system as a replay of its journal would leave it. */
export interface Recovered extends JournalView {
  /** Whether a replay replaces the block, so that its content of today does not count. */
  isStale(block: number): boolean;
}

function zeroedBlocks(classes: BlockClasses, { from, to }: OwnedRuns, journal: JournalScrambler): BlockSet {
  const zeroed = new BlockSet();
  for (let index = from; index < to; index++) {
    const { kind, start, count, logical } = classes.run(index);
    if (kind !== KIND.journal) continue;
    // Runs of such blocks are long: in the journal of a clean file system all but the first block.
    let done = 0;
    for (let at = 0; at <= count; at++) {
      if (at < count && journal.isZeroed(logical + at)) continue;
      if (at > done) zeroed.add(start + done, at - done);
      done = at + 1;
    }
  }
  return zeroed;
}

/** What `scramblerSteps` finds out before any block is scrambled. */
interface ScramblerParts {
  readonly device: Classified;
  readonly journal: JournalScrambler;
  readonly recovered: Recovered | undefined;
  readonly selected: BlockSet;
}

/** The scrambler that `scramblerSteps` returns. */
export class BlockScrambler implements Scrambler {
  readonly selected: BlockSet;
  readonly #context: Context;
  readonly #classes: BlockClasses;
  readonly #journal: JournalScrambler;
  readonly #recovered: Recovered | undefined;
  readonly #counts = noCounts();
  /** Journal blocks that become zeros. */
  readonly #zeroed: BlockSet = new BlockSet();

  constructor(context: Context, { device, journal, recovered, selected }: ScramblerParts) {
    this.#context = context;
    this.#classes = device.classes;
    this.#journal = journal;
    this.#recovered = recovered;
    this.selected = selected;
    if (device.journal) this.#zeroed = zeroedBlocks(device.classes, device.journal, journal);
    // Counted here: a caller need not ask for blocks that become zeros.
    this.#counts.journalCopies = journal.copies;
    this.#counts.journalZeroed = this.#zeroed.size;
  }

  transform(bytes: Uint8Array, byteOffset: number): void {
    const { blockSize } = this.#context.fs;
    const first = byteOffset / blockSize;
    const end = first + bytes.length / blockSize;
    for (let number = first; number < end; ) {
      const run = this.#classes.kept.has(number) ? 'kept' : this.#classes.find(number);
      const count = typeof run === 'object' && run.kind === KIND.inodeTable ? this.#together(run, number, end) : 1;
      const from = (number - first) * blockSize;
      if (run !== 'kept') this.#block(bytes.subarray(from, from + count * blockSize), number, run);
      number += count;
    }
  }

  source(source: Source): Source {
    return scrambledSource(source, { scrambler: this, blockSize: this.#context.fs.blockSize, zeroed: this.#zeroed });
  }

  superblock(raw: Uint8Array): void {
    scrambleSuperblock(raw, this.#context.newHashSeed);
    this.#counts.superblocks++;
  }

  report(): ScrambleCounts {
    return { ...this.#counts };
  }

  /** Number of blocks from `number` on, before `end`, that are in the same run. */
  #together(run: ClassRun, number: number, end: number): number {
    let next = number + 1;
    while (next < end && this.#classes.find(next) === run && !this.#classes.kept.has(next)) next++;
    return next - number;
  }

  #block(bytes: Uint8Array, number: number, run: ClassRun | undefined): void {
    if (run === undefined) {
      this.#unowned(bytes, number);
      return;
    }
    const block = blockOf(bytes, number);
    if (run.kind === KIND.journal) this.#journal.block(block, run.logical + number - run.start, this.#counts);
    else scrambleBlock(this.#context, block, run, this.#counts);
  }

  /** A block owned by nothing before, but perhaps by something after, journal replay. */
  #unowned(bytes: Uint8Array, number: number): void {
    const recovered = this.#recovered;
    if (recovered && !recovered.isStale(number)) {
      const { classes } = recovered.classified;
      if (classes.kept.has(number)) return;
      const run = classes.find(number);
      if (run && run.kind !== KIND.journal) {
        scrambleBlock(this.#context, blockOf(bytes, number), run, this.#counts);
        return;
      }
    }
    // The rest of a cluster, or a block that a replay replaces: it may contain anything.
    bytes.fill(0);
    this.#counts.zeroed++;
  }
}
