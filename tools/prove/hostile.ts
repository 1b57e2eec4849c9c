import { type Job, jestOver, type Slice } from './job.ts';

/** Cases of each mode in one slice: some two minutes. */
const CASES = 2000;

const slice = (seed: number): Slice => ({
  name: `seed ${seed}`,
  command: jestOver('tools', '**/fuzz/*.test.ts'),
  env: { PROVE_SEED: `${seed}`, FUZZ_CASES: `${CASES}` },
  report: 'jest',
});

/** Images, QCOW2 files and records with fields changed, in-process: 20,000 for each mode. */
export const hostile: Job = {
  name: 'hostile-files',
  what: 'files that strangers made end in time, with a documented status, in bounded memory, and never as a bug',
  slices: (seed) => Array.from({ length: 10 }, (_, index) => slice(seed + index)),
  endless: slice,
};
