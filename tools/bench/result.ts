import type { Runtime } from './commands.ts';
import { type Cost, median, pairedRatio } from './measure.ts';

/** What was measured of one operation on one fixture with one runtime of ours. */
export interface Result {
  readonly operation: string;
  readonly fixture: string;
  readonly runtime: Runtime;
  /** Medians over rounds of ours / theirs of the same round. */
  readonly cpuRatio: number;
  readonly wallRatio: number;
  /** Medians in milliseconds. */
  readonly oursCpu: number;
  readonly theirsCpu: number;
  readonly oursWall: number;
  readonly theirsWall: number;
  /** The largest peak of all rounds, MiB. */
  readonly oursPeak: number;
  readonly theirsPeak: number;
  readonly rounds: number;
}

/** Largest ratios and peaks allowed; the form of targets.json. `*` is for what is not named. */
export type Targets = Readonly<Record<Runtime, Readonly<Record<string, Readonly<Record<string, number>>>>>> & {
  readonly peakMiB: Readonly<Partial<Record<Runtime, Readonly<Record<string, number>>>>>;
};

/** Make one result of the rounds of both. */
export function resultOf(
  what: Pick<Result, 'operation' | 'fixture' | 'runtime'>,
  ours: readonly Cost[],
  theirs: readonly Cost[],
): Result {
  return {
    ...what,
    cpuRatio: pairedRatio(ours, theirs, 'cpu'),
    wallRatio: pairedRatio(ours, theirs, 'wall'),
    oursCpu: median(ours.map((cost) => cost.cpu)),
    theirsCpu: median(theirs.map((cost) => cost.cpu)),
    oursWall: median(ours.map((cost) => cost.wall)),
    theirsWall: median(theirs.map((cost) => cost.wall)),
    oursPeak: Math.max(...ours.map((cost) => cost.peak)),
    theirsPeak: Math.max(...theirs.map((cost) => cost.peak)),
    rounds: ours.length,
  };
}

/** The target of a result's CPU ratio; undefined where none is set. */
function cpuTarget(result: Result, targets: Targets): number | undefined {
  return targets[result.runtime][result.operation]?.[result.fixture];
}

/** @returns one line per target that a result misses */
export function misses(results: readonly Result[], targets: Targets): string[] {
  return results.flatMap((result) => {
    const name = `${result.operation} ${result.fixture} ${result.runtime}`;
    const lines: string[] = [];
    const cpu = cpuTarget(result, targets);
    if (cpu !== undefined && !(result.cpuRatio <= cpu)) {
      lines.push(`${name}: CPU ${result.cpuRatio.toFixed(3)}, target ${cpu}`);
    }
    const peaks = targets.peakMiB[result.runtime];
    const peak = peaks?.[result.fixture] ?? peaks?.['*'];
    if (peak !== undefined && !(result.oursPeak <= peak)) {
      lines.push(`${name}: peak ${result.oursPeak.toFixed(0)} MiB, target ${peak}`);
    }
    return lines;
  });
}

const COLUMNS = ['operation', 'fixture', 'runtime', 'CPU', 'target', 'wall', 'ours ms', 'theirs ms', 'MiB', 'theirs'];

/** All results as a table of Markdown, so that it can be quoted as it is. */
export function table(results: readonly Result[], targets: Targets): string {
  const rows = results.map((result) => [
    result.operation,
    result.fixture,
    result.runtime,
    result.cpuRatio.toFixed(3),
    `${cpuTarget(result, targets) ?? ''}`,
    result.wallRatio.toFixed(3),
    result.oursCpu.toFixed(1),
    result.theirsCpu.toFixed(1),
    result.oursPeak.toFixed(0),
    result.theirsPeak.toFixed(0),
  ]);
  const lines = [COLUMNS, COLUMNS.map(() => '---'), ...rows];
  const widths = COLUMNS.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  return lines
    .map((line) => `| ${line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |\n`)
    .join('');
}
