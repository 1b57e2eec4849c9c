import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { SliceResult } from './run-slice.ts';

/** What is known so far: the JSON that a closing note can quote. */
export interface ProveState {
  readonly seed: number;
  /** Commit of the sources; results of another one are not taken over. */
  readonly commit: string;
  /** By job, then by slice. */
  readonly jobs: Readonly<Record<string, Readonly<Record<string, SliceResult>>>>;
}

/** @returns the file; undefined when it is missing, of another commit, or of another seed than `seed` */
export function readState(file: string, commit: string, seed: number | undefined): ProveState | undefined {
  try {
    const state: ProveState = JSON.parse(readFileSync(file, 'utf8'));
    return state.commit === commit && (seed === undefined || state.seed === seed) ? state : undefined;
  } catch {
    return undefined;
  }
}

/** The same state with one result more. */
export function withResult(state: ProveState, job: string, slice: string, result: SliceResult): ProveState {
  return { ...state, jobs: { ...state.jobs, [job]: { ...state.jobs[job], [slice]: result } } };
}

/** Replace the file as a whole: an interrupted run leaves the one before. */
export function writeState(file: string, state: ProveState): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.new`, `${JSON.stringify({ ...state, totals: totalsOf(state) }, null, 2)}\n`);
  renameSync(`${file}.new`, file);
}

/** Sums per job, counts of the job's own among them. */
export function totalsOf(state: ProveState): Record<string, Record<string, number>> {
  const totals: Record<string, Record<string, number>> = {};
  for (const [job, slices] of Object.entries(state.jobs)) {
    const total: Record<string, number> = {};
    for (const { passed, failed, skipped, counts } of Object.values(slices)) {
      for (const [name, value] of Object.entries({ passed, failed, skipped, ...counts })) {
        total[name] = (total[name] ?? 0) + value;
      }
    }
    totals[job] = total;
  }
  return totals;
}
