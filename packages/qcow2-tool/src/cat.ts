import {
  COMMON_OPTIONS,
  type Command,
  type CommandTable,
  commandMain,
  EXIT,
  openTarget,
  type Parsed,
  VERSION,
  type World,
  writeOutput,
} from '@e2image/cli';
import { copyRuns } from '@e2image/sparse-io';
import { CHAIN_OPTIONS, SPOOL_OPTION } from './chain-options.ts';
import { oneImage } from './one-image.ts';
import { isStreamed, openReadDisk, spoolDisk } from './open-disk.ts';
import type { ImageRules } from './open-image.ts';
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
  run: (parsed, world) => writeDisk(planCat(parsed), world),
};

/** `qcow2 cat`. @returns the exit status */
export const cat = commandMain(COMMAND);

interface CatPlan {
  readonly path: string;
  readonly rules: ImageRules;
  /** Where a pipe is spooled. */
  readonly spool: { readonly folder?: string };
  /** Write to a terminal, too. */
  readonly isForced: boolean;
}

function planCat(parsed: Parsed<typeof TABLE>): CatPlan {
  const folder = parsed.value('spool');
  return {
    path: oneImage(parsed),
    rules: { follow: 'chain', isAnywhere: parsed.flag('anywhere'), isProbing: parsed.flag('probe') },
    spool: folder === undefined ? {} : { folder },
    isForced: parsed.flag('force'),
  };
}

async function writeDisk({ path, rules, spool, isForced }: CatPlan, world: World): Promise<number> {
  const input = await openReadDisk(path, 'qcow2', rules);
  const disk = isStreamed(input) && input.needsFile ? await spoolDisk(input, spool) : input;
  try {
    const output = await openTarget('-', world, { isForced });
    await writeOutput(output, async (sink) => {
      if (isStreamed(disk)) {
        await sink.finish(await unfold(disk.bytes, sink, spool));
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
}
