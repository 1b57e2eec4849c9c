import { COMMON_OPTIONS, type CommandTable } from '@e2image/cli';

/** The command line of e2image-move. */
export const TABLE = {
  summary: 'Move an ext2, ext3 or ext4 file system to another place of the same device or image file.',
  usage: [
    '[ -np ] [ -o from ] [ -O to ] [ --journal FILE ] device',
    '--resume [ -p ] [ -o from ] [ -O to ] [ --journal FILE ] device',
  ],
  options: {
    from: { short: 'o', value: 'FROM', help: 'byte where the file system begins (default 0)' },
    to: { short: 'O', value: 'TO', help: 'byte where it must begin after the move (default 0)' },
    dryRun: { short: 'n', help: 'print what would be done, and change nothing' },
    progress: { short: 'p', help: 'show progress on standard error' },
    journal: { long: 'journal', value: 'FILE', help: 'keep the record of the move in FILE, on another file system' },
    resume: { long: 'resume', help: 'finish a move that was interrupted' },
    force: { long: 'force', help: 'allow a journal in memory, and a file system that MMP calls in use' },
    zeroUnreadable: { long: 'zero-unreadable', help: 'write zeros for blocks that cannot be read, and continue' },
    ...COMMON_OPTIONS,
  },
  notes: [
    'Offsets are multiples of 512; a prefix of 0x or 0 means hexadecimal or octal.\n' +
      'Neither place can be mounted until the move is finished. A move that was interrupted, also by\n' +
      'a power cut, is finished by --resume, as often as necessary.',
    'Without --journal the record is kept beside an image file (IMAGE.e2move), and inside a device\n' +
      'if the distance leaves room for it (40 KiB or more).',
    'Exit status: 0 done, 1 not done, 3 done but zeros were written for blocks that cannot be read;\n' +
      'SIGINT, SIGTERM and SIGHUP stop it after the current batch, and it can be resumed.',
  ],
} as const satisfies CommandTable;
