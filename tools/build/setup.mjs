// Makes a clone ready and does nothing when it is: `npm start` and `npm test` run this first.
// Plain JavaScript and node: modules only, because it runs before anything is installed.
// All messages go to standard error: standard output belongs to the command that follows.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
process.chdir(root);

const run = (command, args) => {
  const { status, error } = spawnSync(command, args, { stdio: ['ignore', 2, 2] });
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
};

const packages = readdirSync('packages').map((name) => join('packages', name));

/** What decides which packages are installed. */
const installKey = () => {
  const hash = createHash('sha256').update(`${process.version} ${process.platform} ${process.arch}`);
  for (const folder of ['.', ...packages]) {
    const file = join(folder, 'package.json');
    if (existsSync(file)) hash.update(readFileSync(file));
  }
  if (existsSync('package-lock.json')) hash.update(readFileSync('package-lock.json'));
  return hash.digest('hex');
};

const stamp = 'node_modules/.installed';
if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== installKey()) {
  console.error('installing packages, once ...');
  run('npm', ['install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error']);
  writeFileSync(stamp, installKey());
}

if (process.argv[2] === 'bundle') {
  const built = 'packages/e2image/dist/bin.mjs';
  // The time of a folder changes when a file in it is removed.
  const newest = (path) =>
    Math.max(
      statSync(path).mtimeMs,
      ...(statSync(path).isDirectory() ? readdirSync(path).map((name) => newest(join(path, name))) : []),
    );
  const sources = ['tools/build/bundle.ts', 'package.json', ...packages.map((folder) => join(folder, 'src'))];
  if (!existsSync(built) || sources.some((path) => newest(path) > statSync(built).mtimeMs)) {
    console.error('building, once ...');
    run('node_modules/.bin/nx', ['run-many', '-t', 'bundle']);
  }
}
