import { type Job, jestOver, type Slice } from './job.ts';

const slice = (file: string, seed: number): Slice => ({
  name: `seed ${seed}`,
  command: jestOver('e2e', `**/${file}`),
  env: { PROVE_SEED: `${seed}` },
  report: 'jest',
});

/** Twenty kills that landed while bytes move, and nine at the other transitions of the record. */
const kills = (seed: number): Slice => slice('move/kills.prove.ts', seed);
/** Four power cuts on each of ten routes. */
const cuts = (seed: number): Slice => slice('move/power-cuts.prove.ts', seed);

/** Two hundred moves killed while bytes move. */
export const moveKills: Job = {
  name: 'move-kills',
  what: 'a move killed with SIGKILL, and a third of the resumes killed again, loses nothing and never mounts half-done',
  slices: (seed) => Array.from({ length: 10 }, (_, index) => kills(seed + index)),
  endless: kills,
};

/** Two hundred simulated power cuts. */
export const movePowerCuts: Job = {
  name: 'move-power-cuts',
  what: 'a move whose power is cut, with lost, reordered and torn writes, is finished by a resume and loses nothing',
  slices: (seed) => Array.from({ length: 5 }, (_, index) => cuts(seed + index)),
  endless: cuts,
};
