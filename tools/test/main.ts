import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { installMissingPrograms } from './debian-packages.ts';
import { addCounts, floorComplaints, lackingComplaints, readCounts } from './jest-report.ts';

/** Every project that has tests. */
const projects = ['tools', 'e2e', ...readdirSync('packages').map((name) => join('packages', name))];
const reportOf = (project: string): string => join(project, '.test-report.json');

/** Run nx; its messages go through. @returns whether it succeeded */
function nx(...args: readonly string[]): boolean {
  console.log(`\n> nx ${args.join(' ')}`);
  return spawnSync('node_modules/.bin/nx', args, { stdio: 'inherit' }).status === 0;
}

installMissingPrograms();
for (const project of projects) rmSync(reportOf(project), { force: true });

const targets = ['lint', 'typecheck', 'unused', 'test', 'bundle', 'standalone'];
const steps = [nx('sync:check'), nx('run-many', '-t', ...targets, '--outputStyle=static', '--nxBail=false')];
const byProject = new Map(projects.map((project) => [project, readCounts(reportOf(project))]));
const counts = addCounts([...byProject.values()]);
const complaints = [
  ...floorComplaints(byProject, JSON.parse(readFileSync('tools/test/test-floor.json', 'utf8'))),
  ...(process.env['CI'] === 'true' ? lackingComplaints(counts) : []),
];
for (const name of counts.failures) console.log(`failed: ${name}`);
for (const complaint of complaints) console.log(complaint);

// A step that failed without a failing test (lint, types, a build) must show in the last line, too.
const failed = counts.failed + complaints.length;
const shown = failed === 0 ? steps.filter((succeeded) => !succeeded).length : failed;
console.log(`\n${counts.passed} passed, ${shown} failed, ${counts.skipped} skipped`);
process.exitCode = shown > 0 || steps.includes(false) ? 1 : 0;
