import {
  COMMON_OPTIONS,
  type Command,
  type CommandTable,
  commandMain,
  type Main,
  type Parsed,
  usageError,
  VERSION,
  type World,
} from '@e2image/cli';
import { type DiskOptions, openDisk } from '@e2image/disk-image';
import type { Source } from '@e2image/qcow2';
import { CHAIN_OPTIONS, SPOOL_OPTION } from './chain-options.ts';
import { firstDifference } from './first-difference.ts';

/** qemu-img's exit statuses, which scripts know. */
const STATUS = { identical: 0, different: 1, failed: 2 } as const;

const TABLE = {
  summary: 'Compare what two disks read as; each is QCOW2 or raw.',
  usage: ['[ -s ] [ -q ] [ -f FORMAT ] [ -F FORMAT ] image image'],
  options: {
    first: {
      short: 'f',
      long: 'first-format',
      value: 'FORMAT',
      help: 'format of the first, raw or qcow2 (default: by its first bytes)',
    },
    second: {
      short: 'F',
      long: 'second-format',
      value: 'FORMAT',
      help: 'format of the second (default: by its first bytes)',
    },
    strict: { short: 's', long: 'strict', help: 'sizes and holes must be equal too' },
    quiet: { short: 'q', long: 'quiet', help: 'print nothing: the exit status is the result' },
    ...CHAIN_OPTIONS,
    ...SPOOL_OPTION,
    ...COMMON_OPTIONS,
  },
  notes: ["Exit status, as qemu-img's: 0 identical, 1 different, 2 not compared."],
} as const satisfies CommandTable;

/** `qcow2 compare`. @returns the exit status, qemu-img's */
export const compare: Main = async (argv, world) => {
  let isCompared = false;
  const command: Command<typeof TABLE> = {
    table: TABLE,
    version: VERSION,
    run: async (parsed) => {
      const status = await compareDisks(planCompare(parsed), world);
      isCompared = true;
      return status;
    },
  };
  const status = await commandMain(command)(argv, world);
  // 1 means a difference here: a comparison that failed has a status of its own.
  return status === STATUS.different && !isCompared ? STATUS.failed : status;
};

interface ComparePlan {
  readonly first: DiskPlan;
  readonly second: DiskPlan;
  readonly isStrict: boolean;
  readonly isQuiet: boolean;
}

interface DiskPlan {
  readonly path: string;
  readonly options: DiskOptions;
}

function planCompare(parsed: Parsed<typeof TABLE>): ComparePlan {
  const [first, second] = parsed.operands;
  if (first === undefined || second === undefined || parsed.operands.length > 2) throw usageError();
  const folder = parsed.value('spool');
  const options = {
    chain: { isAnywhere: parsed.flag('anywhere'), isProbing: parsed.flag('probe') },
    spool: folder === undefined ? {} : { folder },
  };
  return {
    first: { path: first, options: { ...options, format: formatOf(parsed.value('first')) } },
    second: { path: second, options: { ...options, format: formatOf(parsed.value('second')) } },
    isStrict: parsed.flag('strict'),
    isQuiet: parsed.flag('quiet'),
  };
}

async function compareDisks({ first, second, isStrict, isQuiet }: ComparePlan, world: World): Promise<number> {
  const a = await openDisk(first.path, first.options);
  try {
    const b = await openDisk(second.path, second.options);
    try {
      const verdict = judge(a.image ?? a.source, b.image ?? b.source, isStrict);
      if (!isQuiet) world.stdout(verdict.text);
      return verdict.status;
    } finally {
      b.close();
    }
  } finally {
    a.close();
  }
}

function judge(a: Source, b: Source, isStrict: boolean): { readonly status: number; readonly text: string } {
  const hasOtherSize = a.size !== b.size;
  if (hasOtherSize && isStrict) return { status: STATUS.different, text: 'Strict mode: Image size mismatch!\n' };
  const difference = firstDifference(a, b, { isStrict });
  // As qemu-img: the sizes are compared when both disks are equal up to the end of the shorter one.
  const isPastCommonEnd = difference === undefined || difference.offset >= Math.min(a.size, b.size);
  const warning = hasOtherSize && isPastCommonEnd ? 'Warning: Image size mismatch!\n' : '';
  if (difference === undefined) return { status: STATUS.identical, text: `${warning}Images are identical.\n` };
  const text =
    difference.kind === 'content'
      ? `Content mismatch at offset ${difference.offset}!\n`
      : `Strict mode: Offset ${difference.offset} block status mismatch!\n`;
  return { status: STATUS.different, text: `${warning}${text}` };
}

function formatOf(text: string | undefined): 'raw' | 'qcow2' | undefined {
  if (text === undefined || text === 'raw' || text === 'qcow2') return text;
  throw usageError(`unknown format '${text}'`);
}
