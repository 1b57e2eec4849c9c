import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { type Job, jestOver, type Slice } from './job.ts';

/** Versions of Node that are promised, besides the one that runs this. */
const VERSIONS = ['22', '24', '26'] as const;

/** The fast tests, unit and end-to-end, with other versions of Node; the end-to-end ones run the bundles with it. */
export const nodeVersions: Job = {
  name: 'node-versions',
  what: `unit and end-to-end tests with Node ${VERSIONS.join(', ')}`,
  slices: () =>
    VERSIONS.flatMap((version): Slice[] => {
      const node = installNode(version);
      const env = { E2IMAGE_NODE: node, E2IMAGE_BIN: 'packages/e2image/dist/bin.mjs' };
      return [
        { name: `unit ${version}`, command: jestOver('packages', '**/*.test.ts', node), report: 'jest' },
        { name: `e2e ${version}`, command: jestOver('e2e', '**/*.test.ts', node), env, report: 'jest' },
      ];
    }),
};

/**
 * Fetch a version of Node from npm, once: the packages that `node` on npm consists of, one per platform, which need no
 * install script.
 *
 * @returns the path of the program
 */
function installNode(version: string): string {
  const folder = join(homedir(), '.cache/e2image-node', version);
  const name = `node-${process.platform}-${process.arch}`;
  const program = join(folder, 'node_modules', name, 'bin/node');
  if (!existsSync(program)) {
    mkdirSync(folder, { recursive: true });
    const args = ['install', '--prefix', folder, '--no-save', '--no-audit', '--no-fund', `${name}@${version}`];
    execFileSync('npm', args, { stdio: ['ignore', 2, 2] });
  }
  return program;
}
