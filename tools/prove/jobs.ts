import { hostile } from './hostile.ts';
import type { Job } from './job.ts';
import { matrix } from './matrix.ts';
import { moveKills, movePowerCuts } from './move.ts';
import { mutants } from './mutants.ts';
import { mutations } from './mutations.ts';
import { nodeVersions } from './node-versions.ts';
import { restoreKills } from './restore.ts';

/** The long tests, in the order in which they run. A package's long test is a file here and a line in this list. */
export const JOBS: readonly Job[] = [
  matrix,
  hostile,
  mutations,
  nodeVersions,
  mutants,
  restoreKills,
  moveKills,
  movePowerCuts,
];
