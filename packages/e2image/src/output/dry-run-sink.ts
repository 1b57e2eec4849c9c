import type { Sink } from '@e2image/sparse-io';

/** What a dry run prints, and how. */
export interface DryRunOptions {
  /** Bytes per block, and byte of the target where block 0 would be. */
  readonly blockSize: number;
  readonly targetOffset: number;
  /** Takes text for standard output. */
  readonly print: (text: string) => void;
}

/** A sink that prints the blocks it would write, as C does with `-n`, and writes nothing. */
export function dryRunSink({ blockSize, targetOffset, print }: DryRunOptions): Sink {
  const printRange = (offset: number, length: number): void => {
    const first = Math.floor((offset - targetOffset) / blockSize);
    const count = Math.ceil(length / blockSize);
    print(Array.from({ length: count }, (_, index) => `Writing block ${first + index}\n`).join(''));
  };
  return {
    isSequential: false,
    writeAt: (bytes, offset) => printRange(offset, bytes.length),
    // A caller of `zero` wants zeros written; targets that read as zeros never call it.
    zero: printRange,
    skip: () => {},
    finish: () => Promise.resolve(),
    abort: () => {},
  };
}
