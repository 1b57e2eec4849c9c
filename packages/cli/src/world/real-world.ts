import { basename } from 'node:path';
import { codeOf, writeFully } from '@e2image/sparse-io';
import type { World } from './world.ts';

/**
 * The world of a real process. Nothing here touches `process.stdout`: its getter makes a pipe non-blocking, and image
 * bytes written to descriptor 1 later would fail with EAGAIN.
 *
 * @param program the command's name; default: that of the running script
 */
export function realWorld(program = basename(process.argv[1] ?? '').replace(/\.m?js$/, '')): World {
  return {
    program,
    env: process.env,
    stderr: writeMessage,
    stdout: (text) => writeText(1, text),
    get stderrIsTerminal() {
      return isTerminal(2);
    },
    get stdoutIsTerminal() {
      return isTerminal(1);
    },
    now: () => new Date(),
    randomBytes: (length) => crypto.getRandomValues(new Uint8Array(length)),
  };
}

/** Loaded on demand: most runs do not need it, and loading takes time. */
const isTerminal = (fd: number): boolean => process.getBuiltinModule('node:tty').isatty(fd);

/** Write all of a text. @throws system errors, EPIPE among them */
const writeText = (fd: number, text: string): void => writeFully(fd, new TextEncoder().encode(text), null);

/** A message that cannot be printed (standard error is closed or full) does not stop the work. */
function writeMessage(text: string): void {
  try {
    writeText(2, text);
  } catch (error) {
    if (codeOf(error) === undefined) throw error;
  }
}
