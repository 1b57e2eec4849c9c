import { existsSync } from 'node:fs';
import type { Job, Slice } from './job.ts';

/** Mutants of each library in one run: more where there is more code. */
const SAMPLES: Readonly<Record<string, number>> = {
  'ext-core': 60,
  qcow2: 65,
  'sparse-io': 45,
  scramble: 50,
  'normal-image': 30,
};

/** Small changes of the libraries, each of which a unit test of the same package should notice. */
export const mutants: Job = {
  name: 'mutants',
  what: 'of 250 small changes to the sources of the libraries, unit tests notice 80 % in each package',
  slices: (seed) =>
    Object.entries(SAMPLES)
      .filter(([name]) => existsSync(`packages/${name}`))
      .map(([name, count]): Slice => {
        const tool = ['node_modules/.bin/tsx', '-C', '@e2image/source', 'tools/mutants/main.ts'];
        return {
          name,
          command: [...tool, '--package', `packages/${name}`, '--seed', `${seed}`, '--count', `${count}`],
          report: 'json',
        };
      }),
};
