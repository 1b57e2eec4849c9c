import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';

/** What one run of a command cost. */
export interface Cost {
  /** Milliseconds of user and system time, of children too. */
  readonly cpu: number;
  /** Milliseconds of the clock. */
  readonly wall: number;
  /** Peak resident memory in MiB; the least that can be seen is 13. */
  readonly peak: number;
}

/** Commands that are compared: the first is the one that the others are divided by. */
export interface Contender {
  readonly name: string;
  readonly command: readonly string[];
}

const BUN = resolve('node_modules/.bin/bun');
const CHILD = resolve('tools/bench/child.bun.mjs');

/** Run a command once. @throws Error when it does not end with 0 */
function measureOnce(command: readonly string[], folder: string): Cost {
  const answer = execFileSync(BUN, [CHILD, folder, ...command], { encoding: 'utf8', env: cleanEnvironment() });
  const { status, stderr, ...cost }: Cost & { status: number | string; stderr: string } = JSON.parse(answer);
  if (status !== 0) throw new Error(`${command.join(' ')}: ended with ${status}: ${stderr}`);
  return cost;
}

/**
 * The environment of what is measured, without what npm adds: it costs each child some start-up, and an `e2image` in
 * node_modules/.bin is ours: the ratios would all be 1.
 */
export function cleanEnvironment(): NodeJS.ProcessEnv {
  const folders = ['/usr/sbin', '/sbin', ...(process.env['PATH'] ?? '').split(':')];
  const path = folders.filter((folder) => !folder.includes('node_modules')).join(':');
  return { PATH: path, HOME: process.env['HOME'], LC_ALL: 'C' };
}

/**
 * Run contenders in turn, A B A B, so that a busy moment of the machine meets all of them.
 *
 * @param rounds how many times each; one round more is run first and forgotten
 * @param reset called before each run, not measured
 * @returns for each contender the cost of each round
 */
export function measureInTurn(
  contenders: readonly Contender[],
  rounds: number,
  folder: string,
  reset: () => void,
): readonly (readonly Cost[])[] {
  const costs: Cost[][] = contenders.map(() => []);
  for (let round = -1; round < rounds; round++) {
    contenders.forEach(({ command }, index) => {
      reset();
      const cost = measureOnce(command, folder);
      if (round >= 0) costs[index]?.push(cost);
    });
  }
  return costs;
}

/** The middle one; of an even number the mean of the two. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** Median over the rounds of what one contender cost divided by what the other did in the same round. */
export function pairedRatio(of: readonly Cost[], by: readonly Cost[], what: 'cpu' | 'wall'): number {
  return median(of.map((cost, round) => cost[what] / (by[round]?.[what] ?? Number.NaN)));
}
