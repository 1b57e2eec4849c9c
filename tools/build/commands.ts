import { basename } from 'node:path';
import { type Main, realWorld } from '@e2image/cli';

/**
 * The commands of the standalone executable, by the name it was called with. A command is loaded when it is called:
 * none pays for another's start. Add a line per binary; standalone.ts makes the links.
 */
const commands: Readonly<Record<string, () => Promise<{ readonly main: Main }>>> = {
  e2image: () => import('e2image'),
  'e2image-restore': () => import('@e2image/e2image-restore'),
  'e2image-move': () => import('@e2image/e2image-move'),
  qcow2: () => import('@e2image/qcow2-tool'),
  'sparse-copy': () => import('@e2image/sparse-copy'),
  e2scramble: () => import('@e2image/e2scramble'),
};

// argv0 is what the user typed; process.argv[0] and [1] are Bun's own, execPath has the links resolved.
const program = process.argv0;
const load = commands[basename(program)] ?? (() => import('e2image'));

// No top-level await: --bytecode does not take it.
load()
  .then(({ main }) => main(process.argv.slice(2), realWorld(program)))
  .then((status) => {
    process.exitCode = status;
  });
