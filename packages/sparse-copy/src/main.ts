import { COMMON_OPTIONS, type Command, type CommandTable, commandMain, VERSION } from '@e2image/cli';
import { planCopy } from './plan.ts';
import { runCopy } from './run.ts';

/** The command line of sparse-copy. */
export const TABLE = {
  summary:
    'Copy a disk image without its holes: between files, block devices and pipes, `-` being standard input or output.',
  usage: ['[ -p ] [ --zero=hole|punch|write|discard ] source target'],
  options: {
    zero: { long: 'zero', value: 'HOW', help: 'how zeros get into the target (see below)' },
    progress: { short: 'p', long: 'progress', help: 'show progress on standard error' },
    force: { long: 'force', help: 'write to a terminal' },
    ...COMMON_OPTIONS,
  },
  notes: [
    'Zeros of the source, holes or not, become in the target:\n' +
      '  hole     holes that were never written (default for files)\n' +
      '  punch    holes in files, unmapped ranges on block devices\n' +
      '  write    zeros that are allocated (default for block devices)\n' +
      '  discard  discarded ranges of a block device, checked to read as zeros',
    'A file gets its name only when it is whole. Exit status: 0 done, 1 not done.',
  ],
} as const satisfies CommandTable;

const COMMAND: Command<typeof TABLE> = {
  table: TABLE,
  version: VERSION,
  run: async (parsed, world) => {
    const { operands } = parsed;
    const plan = planCopy({ operands, zero: parsed.value('zero'), isForced: parsed.flag('force') });
    return runCopy(plan, { world, isProgressWanted: parsed.flag('progress') });
  },
};

/** Run the command. @returns the exit status */
export const main = commandMain(COMMAND);
