import { readdirSync } from 'node:fs';
import { type Job, jestOver, type Slice } from './job.ts';

/** The two ways our commands are shipped, and the E2IMAGE_BIN that chooses each. */
const RUNTIMES = [
  { name: 'standalone', bin: 'dist/bin/e2image' },
  { name: 'node', bin: 'packages/e2image/dist/bin.mjs' },
] as const;

/** Every end-to-end test with every recipe, on both runtimes. */
export const matrix: Job = {
  name: 'matrix',
  what: 'every end-to-end test with every recipe, on the executable and on the Node bundles',
  slices: () =>
    RUNTIMES.flatMap(({ name, bin }) =>
      testFiles().map(
        (file): Slice => ({
          name: `${name} ${file}`,
          command: jestOver('e2e', `**/${file}`),
          env: { E2E_ALL: '1', E2IMAGE_BIN: bin },
          report: 'jest',
        }),
      ),
    ),
};

/** Paths of the end-to-end test files, below e2e/. */
function testFiles(): string[] {
  return readdirSync('e2e', { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.ts'))
    .sort();
}
