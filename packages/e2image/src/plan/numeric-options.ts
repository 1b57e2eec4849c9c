import { type Parsed, parseNumber } from '@e2image/cli';
import type { TABLE } from './table.ts';

/** The command line of e2image, parsed. */
export type Options = Parsed<typeof TABLE>;

/** The numbers that have a letter; offsets are bytes. */
export interface NumericOptions {
  /** Block of the superblock copy to trust. */
  readonly superblockBlock: number | undefined;
  /** Bytes of a block. */
  readonly blockSize: number | undefined;
  /** Where the file system begins in the source. */
  readonly sourceOffset: number;
  /** Where the image begins in the target. */
  readonly targetOffset: number;
}

/**
 * Read `-b`, `-B`, `-o` and `-O`.
 *
 * @throws CliError CLI_BAD_NUMBER
 */
export function numericOptions(options: Options): NumericOptions {
  const value = (key: 'superblock' | 'blockSize' | 'sourceOffset' | 'targetOffset', what: string): number => {
    const text = options.value(key);
    return text === undefined ? 0 : parseNumber(text, { what });
  };
  // COMPAT: 0 means "not given" for each of them; e2e/raw/options.test.ts (numbers.ts).
  return {
    superblockBlock: value('superblock', 'superblock number') || undefined,
    blockSize: value('blockSize', 'block size') || undefined,
    sourceOffset: value('sourceOffset', 'source offset'),
    targetOffset: value('targetOffset', 'destination offset'),
  };
}
