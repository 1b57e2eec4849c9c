import { type Job, jestOver, type Slice } from './job.ts';

/** Ten kills. */
const slice = (seed: number): Slice => ({
  name: `seed ${seed}`,
  command: jestOver('e2e', '**/restore/kills.prove.ts'),
  env: { PROVE_SEED: `${seed}` },
  report: 'jest',
});

/** Fifty restores killed at drawn moments. */
export const restoreKills: Job = {
  name: 'restore-kills',
  what: 'a restore killed with SIGKILL at a drawn moment is undone by e2undo to the byte, or completed by a second run',
  slices: (seed) => Array.from({ length: 5 }, (_, index) => slice(seed + index)),
  endless: slice,
};
