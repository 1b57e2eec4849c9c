import { type Filesystem, READ_UNIT, readIsolated } from '@e2image/ext-core';
import { lowerBound } from '../base/lower-bound.ts';
import type { OnScrambleProblem } from '../base/problem.ts';
import { type BlockClasses, type ClassRun, KIND } from '../survey/block-classes.ts';
import type { OwnedRuns } from '../survey/classify.ts';

/** Called with consecutive blocks of a file: `bytes` contains whole blocks from `logical` on, and is valid during the call only. */
export type VisitBlocks = (bytes: Uint8Array, logical: number, block: number) => void;

/** The blocks of one file, by the classes of the file system. */
export class FileBlocks {
  readonly #fs: Filesystem;
  readonly #runs: readonly ClassRun[];

  constructor(fs: Filesystem, classes: BlockClasses, { from, to, inode }: OwnedRuns) {
    this.#fs = fs;
    const runs: ClassRun[] = [];
    for (let index = from; index < to; index++) {
      const run = classes.run(index);
      if (run.owner === inode && isContent(run.kind)) runs.push(run);
    }
    this.#runs = runs;
  }

  /** The first run; undefined when the file has no blocks. */
  get first(): ClassRun | undefined {
    return this.#runs[0];
  }

  /** Logical number after that of the last block. */
  get end(): number {
    return this.#runs.reduce((end, run) => Math.max(end, run.logical + run.count), 0);
  }

  /** The block number of block `logical`; undefined for a hole. */
  locate(logical: number): number | undefined {
    const runs = this.#runs;
    const index = lowerBound(runs.length, (at) => {
      const run = runs[at];
      return run !== undefined && run.logical + run.count <= logical;
    });
    const run = runs[index];
    return run !== undefined && run.logical <= logical ? run.start + logical - run.logical : undefined;
  }

  /** One block, owned by the caller; undefined for a hole or an unreadable block. */
  read(logical: number): Uint8Array | undefined {
    const block = this.locate(logical);
    if (block === undefined) return undefined;
    const bytes = new Uint8Array(this.#fs.blockSize);
    let isReadable = true;
    readIsolated(this.#fs, bytes, block, () => {
      isReadable = false;
    });
    return isReadable ? bytes : undefined;
  }

  /** Visit all blocks in order, as many at a time as `buffer` has room for. Unreadable ones are zeros, and reported. */
  *each(buffer: Uint8Array, visit: VisitBlocks, onProblem?: OnScrambleProblem): Generator<void> {
    const { blockSize } = this.#fs;
    const perRead = Math.max(1, Math.floor(buffer.length / blockSize));
    for (const { start, count, logical, owner } of this.#runs) {
      for (let done = 0; done < count; done += perRead) {
        const bytes = buffer.subarray(0, Math.min(perRead, count - done) * blockSize);
        readIsolated(this.#fs, bytes, start + done, (block, reason) =>
          onProblem?.({
            code: 'unreadable',
            message: `inode ${owner}: block ${block} cannot be read (${reason})`,
            block,
            inode: owner,
          }),
        );
        visit(bytes, logical + done, start + done);
        yield;
      }
    }
  }
}

/** A buffer for `FileBlocks.each`. */
export const readBuffer = ({ blockSize }: Filesystem): Uint8Array => new Uint8Array(Math.max(READ_UNIT, blockSize));

const isContent = (kind: number): boolean =>
  kind === KIND.directory || kind === KIND.attributeValue || kind === KIND.journal;
