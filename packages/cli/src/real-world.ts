import { randomFillSync } from 'node:crypto';
import { writeSync } from 'node:fs';
import { basename } from 'node:path';
import { isatty } from 'node:tty';
import type { World } from './world.ts';

/**
 * The world of a real process. Nothing here touches `process.stdout`: its getter makes a pipe non-blocking, and image
 * bytes that follow on descriptor 1 would meet EAGAIN.
 *
 * @param program the command's name; default: that of the running script
 */
export function realWorld(program = basename(process.argv[1] ?? '').replace(/\.m?js$/, '')): World {
  return {
    program,
    env: process.env,
    stderr: (text) => void writeSync(2, text),
    stdout: (text) => void writeSync(1, text),
    stderrIsTerminal: isatty(2),
    stdoutIsTerminal: isatty(1),
    now: () => new Date(),
    randomBytes: (length) => randomFillSync(new Uint8Array(length)),
  };
}
