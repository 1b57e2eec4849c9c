// `npm start`: the demonstration without arguments, else e2image with them. Plain JavaScript: it only passes on.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
if (process.argv.length === 2) {
  const { status } = spawnSync(process.execPath, ['--import', 'tsx', '-C', '@e2image/source', 'tools/sample/demo.ts'], {
    cwd: root,
    stdio: 'inherit',
  });
  process.exitCode = status ?? 1;
} else {
  // In this process, so that signals, pipes and the exit status are those of the command itself; npm changed into the
  // repository, and names of files are meant from where the user is.
  process.chdir(process.env.INIT_CWD ?? process.cwd());
  process.argv[1] = 'e2image';
  await import(pathToFileURL(join(root, 'packages/e2image/dist/bin.mjs')).href);
}
