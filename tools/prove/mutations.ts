import { type Job, jestOver, type Slice } from './job.ts';

const slice = (seed: number): Slice => ({
  name: `seed ${seed}`,
  command: jestOver('e2e', '**/raw/mutations.prove.ts'),
  env: { PROVE_SEED: `${seed}` },
  report: 'jest',
});

/** File systems with bytes of their metadata changed at random. */
export const mutations: Job = {
  name: 'raw-mutations',
  what: 'imaging a file system with random damage ends in time, with a status that is documented, and leaves no half',
  slices: (seed) => Array.from({ length: 5 }, (_, index) => slice(seed + index)),
  endless: slice,
};
