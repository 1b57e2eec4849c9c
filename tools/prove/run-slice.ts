import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readCounts } from '../test/jest-report.ts';
import type { Slice, Tally } from './job.ts';

/** A tally, and the output's end where something failed. */
export interface SliceResult extends Tally {
  readonly seconds: number;
  readonly output?: string;
}

const KEPT_OUTPUT = 4000;

/** Run one slice to its end. @param seed goes into PROVE_SEED unless the slice has its own */
export function runSlice(slice: Slice, seed: number): SliceResult {
  const folder = mkdtempSync(join(tmpdir(), 'prove-'));
  try {
    const reportFile = join(folder, 'report.json');
    const extra = slice.report === 'jest' ? ['--json', '--outputFile', reportFile] : [];
    const [program = '', ...args] = [...slice.command, ...extra];
    const begin = performance.now();
    const { status, stdout, stderr } = spawnSync(program, args, {
      encoding: 'utf8',
      env: { ...process.env, PROVE_SEED: `${seed}`, ...slice.env },
      maxBuffer: 1 << 30,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const seconds = Math.round((performance.now() - begin) / 100) / 10;
    const said = `${stdout ?? ''}${stderr ?? ''}`;
    const tally = slice.report === 'jest' ? jestTally(reportFile, said) : lastLine(stdout ?? '');
    // A run that died after its last test, or found no test at all, must not count as passed.
    const empty = status !== 0 || tally.passed + tally.skipped === 0;
    const failed = tally.failed === 0 && empty ? 1 : tally.failed;
    return failed > 0 ? { ...tally, failed, seconds, output: said.slice(-KEPT_OUTPUT) } : { ...tally, seconds };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function jestTally(reportFile: string, said: string): Tally {
  const { passed, failed, skipped } = readCounts(reportFile);
  return { passed, failed, skipped, counts: countsIn(said) };
}

/** Sum of the lines `count NAME N` that tests printed, wherever in the line jest put them. */
export function countsIn(text: string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const [, name = '', value] of text.matchAll(/\bcount ([a-z0-9-]+) (\d+)\b/g)) {
    counts[name] = (counts[name] ?? 0) + Number(value);
  }
  return counts;
}

function lastLine(text: string): Tally {
  try {
    return JSON.parse(text.trim().split('\n').at(-1) ?? '');
  } catch {
    return { passed: 0, failed: 1, skipped: 0 };
  }
}
