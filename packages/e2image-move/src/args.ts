import { COMMON_OPTIONS, type CommandTable, type Parsed, parseNumber, usageError } from '@e2image/cli';

/** The command line of e2image-move. */
export const TABLE = {
  summary: 'Move an ext2, ext3 or ext4 file system to another place of the same device or image file.',
  usage: [
    '[ -np ] [ -o from ] [ -O to ] [ --journal FILE ] device',
    '--resume [ -p ] [ -o from ] [ -O to ] [ --journal FILE ] device',
  ],
  options: {
    from: { short: 'o', value: 'FROM', help: 'byte where the file system is (default 0)' },
    to: { short: 'O', value: 'TO', help: 'byte where it is to be (default 0)' },
    dryRun: { short: 'n', help: 'print what would be done, and change nothing' },
    progress: { short: 'p', help: 'show progress on standard error' },
    journal: { long: 'journal', value: 'FILE', help: 'keep the record of the move in FILE, on another file system' },
    resume: { long: 'resume', help: 'finish a move that was interrupted' },
    force: { long: 'force', help: 'allow a journal in memory, and a file system that MMP calls in use' },
    zeroUnreadable: { long: 'zero-unreadable', help: 'put zeros where a block cannot be read, and go on' },
    ...COMMON_OPTIONS,
  },
  notes: [
    'Offsets are multiples of 512; 0x and 0 in front mean hexadecimal and octal.\n' +
      'Until the move is finished neither place mounts. A move that was interrupted, by a power\n' +
      'cut too, is finished by --resume, as often as it takes.',
    'Without --journal the record lies beside an image file (IMAGE.e2move), and inside a device\n' +
      'where the distance leaves room for it (40 KiB or more).',
    'Exit status: 0 done, 1 not done, 3 done but zeros were put where blocks could not be read;\n' +
      'SIGINT, SIGTERM and SIGHUP end it after the batch under way, to be resumed.',
  ],
} as const satisfies CommandTable;

/**
 * Operand and offsets of a command line; offsets in bytes, undefined where they were not given.
 *
 * @throws CliError CLI_USAGE, CLI_BAD_NUMBER
 */
export function numbersOf({ operands, value }: Parsed<typeof TABLE>): {
  readonly device: string;
  readonly from: number | undefined;
  readonly to: number | undefined;
} {
  const [device] = operands;
  if (device === undefined || operands.length > 1) throw usageError();
  const offset = (text: string | undefined, what: string): number | undefined =>
    text === undefined ? undefined : parseNumber(text, { what });
  return { device, from: offset(value('from'), 'source offset'), to: offset(value('to'), 'destination offset') };
}
