import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';

const LINKS = ['e2image-restore', 'e2image-move', 'qcow2', 'sparse-copy', 'e2scramble'];
const FOLDER = 'dist/bin';
const { version } = JSON.parse(readFileSync('packages/e2image/package.json', 'utf8'));

// Without the two no-compile flags the executable, often run by root, would run the `preload` of a bunfig.toml
// and read the .env of whatever folder it is called in.
mkdirSync(FOLDER, { recursive: true });
execFileSync(
  'node_modules/.bin/bun',
  [
    'build',
    '--compile',
    '--minify',
    '--bytecode',
    // Runs are short: compiling hot code later than the default saves more than it costs (npm run bench).
    '--compile-jit-policy=20',
    '--no-compile-autoload-bunfig',
    '--no-compile-autoload-dotenv',
    '--conditions=@e2image/source',
    '--external=koffi',
    `--define=E2IMAGE_VERSION=${JSON.stringify(version)}`,
    'tools/build/commands.ts',
    `--outfile=${FOLDER}/e2image`,
  ],
  { stdio: ['ignore', 'ignore', 'inherit'] },
);
for (const link of LINKS) {
  rmSync(`${FOLDER}/${link}`, { force: true });
  symlinkSync('e2image', `${FOLDER}/${link}`);
}
