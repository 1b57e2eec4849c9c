import type { Sink } from '@e2image/sparse-io';

export interface DryRunOptions {
  /** Bytes per block, and byte of the target where block 0 would be. */
  readonly blockSize: number;
  readonly targetOffset: number;
  /** Takes text for standard output. */
  readonly print: (text: string) => void;
}

/** A sink that names the blocks it would write, as C does under `-n`, and writes nothing. */
export function dryRunSink({ blockSize, targetOffset, print }: DryRunOptions): Sink {
  const name = (offset: number, length: number): void => {
    const first = Math.floor((offset - targetOffset) / blockSize);
    const count = Math.ceil(length / blockSize);
    print(Array.from({ length: count }, (_, index) => `Writing block ${first + index}\n`).join(''));
  };
  return {
    sequential: false,
    writeAt: (bytes, offset) => name(offset, bytes.length),
    // Whoever calls this wants zeros written; a target that needs no zeros has its own way of not asking.
    zero: name,
    skip: () => {},
    finish: () => Promise.resolve(),
    abort: () => {},
  };
}
