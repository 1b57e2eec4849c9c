import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { boundaryComplaints, readManifests } from './boundaries.ts';
import { installMissingPrograms } from './debian-packages.ts';
import { addCounts, complaintsOnCi, readCounts } from './jest-report.ts';

/** Every project that has tests. */
const projects = ['tools', 'e2e', ...readdirSync('packages').map((name) => join('packages', name))];
const reportOf = (project: string): string => join(project, '.test-report.json');

/** Run a tool of node_modules; what it says goes through. @returns whether it was content */
function run(tool: string, ...args: readonly string[]): boolean {
  console.log(`\n> ${tool} ${args.join(' ')}`);
  return spawnSync(`node_modules/.bin/${tool}`, args, { stdio: 'inherit' }).status === 0;
}

function checkBoundaries(): boolean {
  const complaints = boundaryComplaints(readManifests('packages'));
  for (const complaint of complaints) console.log(complaint);
  return complaints.length === 0;
}

installMissingPrograms();
for (const project of projects) rmSync(reportOf(project), { force: true });

const steps = [
  run('biome', 'check', '.'),
  run('tsc', '-b'),
  checkBoundaries(),
  run('knip', '--no-progress'),
  run('nx', 'run-many', '-t', 'test', 'bundle', 'standalone', '--outputStyle=static', '--nxBail=false'),
];
const counts = addCounts(projects.map((project) => readCounts(reportOf(project))));
const { floor }: { floor: number } = JSON.parse(readFileSync('tools/test/test-floor.json', 'utf8'));
const complaints = process.env['CI'] === 'true' ? complaintsOnCi(counts, floor) : [];
for (const name of counts.failures) console.log(`failed: ${name}`);
for (const complaint of complaints) console.log(complaint);

// A step that failed without a failing test (lint, types, a build) must show in the last line, too.
const failed = counts.failed + complaints.length;
const shown = failed === 0 ? steps.filter((content) => !content).length : failed;
console.log(`\n${counts.passed} passed, ${shown} failed, ${counts.skipped} skipped`);
process.exitCode = shown > 0 || steps.includes(false) ? 1 : 0;
