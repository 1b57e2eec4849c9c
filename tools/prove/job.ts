/** What one slice found. */
export interface Tally {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** Numbers of the job's own, for the closing note: kills survived, images compared ... */
  readonly counts?: Readonly<Record<string, number>>;
}

/** A part of a job that is done or not done: what is done is not repeated when the run is resumed. */
export interface Slice {
  readonly name: string;
  /** Words of a command, run in the root of the repository. */
  readonly command: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /**
   * Where the tally is. `jest`: `--json --outputFile` are added to the command, and numbers that the tests print as
   * `count NAME N` become counts. `json`: the last line of standard output is a Tally.
   */
  readonly report: 'jest' | 'json';
}

/** A long test, by name. Every slice gets PROVE_SEED. */
export interface Job {
  readonly name: string;
  /** What it shows, in one line. */
  readonly what: string;
  /** @param seed decides everything that is drawn: the same seed, the same cases */
  readonly slices: (seed: number) => readonly Slice[];
  /** Gives a slice for any seed: `npm run fuzz` runs one after the other until its time is over. */
  readonly endless?: (seed: number) => Slice;
}

/** The command of a jest run over test files of one folder, `pattern` as `--testMatch` has it. */
export function jestOver(rootDir: string, pattern: string, node = process.execPath): string[] {
  const jest = 'node_modules/jest/bin/jest.js';
  return [node, jest, '--config', 'jest.config.mjs', '--rootDir', rootDir, '--maxWorkers=2', '--testMatch', pattern];
}
