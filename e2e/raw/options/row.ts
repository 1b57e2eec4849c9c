/** What is at `out` in the folder where a line is run. */
export type Before =
  | 'nothing'
  /** 100 KiB, and 6 MiB, of a pattern that no image has. */
  | 'short'
  | 'long'
  /** What C `-ra` makes of `fs`. */
  | 'equal'
  /** The same, with one block of a file and one past its end changed. */
  | 'almost'
  /** Links: to `real` which does not exist, to `real` of 6 MiB, and a second name of `real`. */
  | 'link-to-nothing'
  | 'link-to-long'
  | 'hard-link'
  /** A FIFO; the line starts its reader. */
  | 'fifo'
  /** A loop device on `backing` of as many bytes as `fs`, of 6 MiB, of 1 MiB; all of that pattern. */
  | 'loop'
  | 'long-loop'
  | 'short-loop';

/** One command line, run by both programs as `e2image` in folders of the same contents. */
export interface Row {
  /**
   * For bash; `$COMPAT` makes ours take the blocks that C takes with `-a` (`--select compat`) and is empty for C.
   *
   * In the folder: `fs` (4 MiB, blocks of 1 KiB, groups of 1 MiB), `fs4k`, `disk` (1 MiB of the pattern, `fs`, 512 KiB of
   * the pattern), `cut` (the first 600 KiB of `fs`), `junk` (1 MiB of the pattern), `q2` (C `-Qa fs`): those that are
   * named in the line.
   */
  readonly line: string;
  /** Default: nothing. */
  readonly out?: Before;
  /** Why ours differs: a D-number of the defects of C that ours does not have, or the promise of ours. */
  readonly by?: string;
  /** With `by`: ours does here what C does there. */
  readonly like?: { readonly line?: string; readonly out?: Before };
  /** With `by`: what ours does. What is not given is as C has it. */
  readonly we?: {
    readonly status?: number;
    readonly stdout?: string | RegExp;
    /** A part of it. */
    readonly stderr?: string;
    /** No file of the folder is changed, made or removed. */
    readonly unchanged?: true;
    /** Files are not compared: `like` rows of other tests do. */
    readonly anyFiles?: true;
  };
  /** C does not come to an end: it is killed after a moment. */
  readonly hangs?: boolean;
}

/** Rows that differ all for one reason. */
export const allBy = (by: string, we: Row['we'], lines: readonly string[]): Row[] =>
  lines.map((line) => ({ line, by, ...(we && { we }) }));

/** Rows in which both do the same. */
export const same = (...lines: readonly string[]): Row[] => lines.map((line) => ({ line }));
