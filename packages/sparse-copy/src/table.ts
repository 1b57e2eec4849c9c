import { COMMON_OPTIONS, type CommandTable } from '@e2image/cli';

/** The command line of sparse-copy. */
export const TABLE = {
  summary:
    'Copy a disk image without its holes, between files, block devices and pipes; `-` is standard input or output.',
  usage: ['[ -p ] [ --zero=hole|punch|write|discard ] source target'],
  options: {
    zero: { long: 'zero', value: 'HOW', help: 'how zeros are written to the target (see below)' },
    progress: { short: 'p', long: 'progress', help: 'show progress on standard error' },
    force: { long: 'force', help: 'write to a terminal' },
    ...COMMON_OPTIONS,
  },
  notes: [
    'How zeros of the source, holes or not, are written to the target:\n' +
      '  hole     holes that were never written (default for files)\n' +
      '  punch    holes in files, unmapped ranges on block devices\n' +
      '  write    zeros that are allocated (default for block devices)\n' +
      '  discard  discarded ranges of a block device, checked to read as zeros',
    'A file gets its name only when it is complete. Exit status: 0 done, 1 not done.',
  ],
} as const satisfies CommandTable;
