import {
  COMMON_OPTIONS,
  type Command,
  type CommandTable,
  commandMain,
  EXIT,
  openTarget,
  usageError,
  VERSION,
  writeOutput,
} from '@e2image/cli';
import { copyRuns } from '@e2image/sparse-io';
import { CHAIN_OPTIONS, SPOOL_OPTION } from './chain-options.ts';
import { isStreamed, openReadDisk, spoolDisk } from './open-disk.ts';
import { unfold } from './unfold.ts';

const TABLE = {
  summary: 'Write the disk in an image to standard output; `-` is standard input.',
  usage: ['[ --spool DIR ] image'],
  options: {
    ...SPOOL_OPTION,
    force: { long: 'force', help: 'write to a terminal' },
    ...CHAIN_OPTIONS,
    ...COMMON_OPTIONS,
  },
  notes: [
    'An image from standard input is written while it is read if its tables are before its data, as in the images\n' +
      'of this program; other images are kept in a temporary file first.',
  ],
} as const satisfies CommandTable;

const COMMAND: Command<typeof TABLE> = {
  table: TABLE,
  version: VERSION,
  run: async (parsed, world) => {
    const [path] = parsed.operands;
    if (path === undefined || parsed.operands.length > 1) throw usageError();
    const folder = parsed.value('spool');
    const spoolOptions = folder === undefined ? {} : { folder };
    const rules = { follow: 'chain', isAnywhere: parsed.flag('anywhere'), isProbing: parsed.flag('probe') } as const;
    const input = await openReadDisk(path, 'qcow2', rules);
    const disk = isStreamed(input) && input.needsFile ? await spoolDisk(input, spoolOptions) : input;
    try {
      const output = await openTarget('-', world, { isForced: parsed.flag('force') });
      await writeOutput(output, async (sink) => {
        if (isStreamed(disk)) {
          await sink.finish(await unfold(disk.bytes, sink, spoolOptions));
          return;
        }
        const source = disk.image ?? disk.source;
        await copyRuns(source, sink);
        await sink.finish(source.size);
      });
      return EXIT.done;
    } finally {
      if (!isStreamed(disk)) disk.close();
    }
  },
};

/** `qcow2 cat`. @returns the exit status */
export const cat = commandMain(COMMAND);
