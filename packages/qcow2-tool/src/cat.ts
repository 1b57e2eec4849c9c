import {
  COMMON_OPTIONS,
  type Command,
  type CommandTable,
  commandMain,
  EXIT,
  refuseTerminal,
  usageError,
  writeOutput,
} from '@e2image/cli';
import { copyRuns, openStandardOutput } from '@e2image/sparse-io';
import { CHAIN_OPTIONS } from './chain-options.ts';
import { openDisk, spoolDisk } from './open-disk.ts';

const TABLE = {
  summary: 'Write the disk inside an image to standard output; `-` is standard input.',
  usage: ['[ --spool DIR ] image'],
  options: {
    spool: { long: 'spool', value: 'DIR', help: 'folder for temporary data (default: $TMPDIR)' },
    force: { long: 'force', help: 'write to a terminal' },
    ...CHAIN_OPTIONS,
    ...COMMON_OPTIONS,
  },
  notes: ['An image from standard input is kept in a temporary file first.'],
} as const satisfies CommandTable;

const COMMAND: Command<typeof TABLE> = {
  table: TABLE,
  version: '0.0.0',
  run: async (parsed) => {
    const [path] = parsed.operands;
    if (path === undefined || parsed.operands.length > 1) throw usageError();
    const folder = parsed.value('spool');
    const rules = { follow: 'chain', isAnywhere: parsed.flag('anywhere'), isProbing: parsed.flag('probe') } as const;
    const opened = await openDisk(path, 'qcow2', rules);
    const source = opened.kind === 'stream' ? await spoolDisk(opened, folder === undefined ? {} : { folder }) : opened;
    const output = await openStandardOutput();
    refuseTerminal(output, { isForced: parsed.flag('force') });
    await writeOutput(output, async (sink) => {
      await copyRuns(source.disk, sink);
      await sink.finish(source.disk.size);
    });
    source.close();
    return EXIT.done;
  },
};

/** `qcow2 cat`. @returns the exit status */
export const cat = commandMain(COMMAND);
