import { CliError, type Parsed, parseNumber, usageError } from '@e2image/cli';
import type { Selection } from '@e2image/ext-core';
import type { TABLE } from './table.ts';

/** An image to make, fully decided. Nothing after this looks at an option letter. */
export interface ImagePlan {
  readonly format: 'normal' | 'raw' | 'qcow2';
  /** Where the file system is: a path; `-` is standard input. */
  readonly device: string;
  /** Where the image goes: a path; `-` is standard output. */
  readonly image: string;
  /** Byte of the source where the file system begins. */
  readonly sourceOffset: number;
  /** Byte of the target where the image begins. */
  readonly targetOffset: number;
  /** Contents of files too. */
  readonly allData: boolean;
  readonly selection: Selection;
  /** Block of the superblock copy to trust. */
  readonly superblockBlock: number | undefined;
  readonly blockSize: number | undefined;
  /** Save a file system that is mounted for writing. */
  readonly ignoreMount: boolean;
  /** Print what would be written, write nothing. */
  readonly dryRun: boolean;
  /** Read the target first, write only what differs, count the rest. */
  readonly compare: boolean;
  readonly progress: boolean;
  readonly scramble: boolean;
  /** Write to a terminal, too. */
  readonly force: boolean;
}

/** What a command line asks for. */
export type Plan = { readonly kind: 'image'; readonly image: ImagePlan };

type Options = Parsed<typeof TABLE>;

/**
 * The rules about which options go together, in the C tool's order and words.
 *
 * @throws CliError CLI_USAGE, CLI_BAD_NUMBER, CLI_REFUSED
 */
export function planImage(options: Options): ImagePlan {
  const numbers = readNumbers(options);
  const isRaw = options.flag('raw');
  const isQcow2 = options.flag('qcow2');
  if (isRaw && isQcow2) throw usageError();
  const [device, image] = options.operands;
  if (device === undefined || image === undefined || options.operands.length > 2) throw usageError();
  const allData = options.flag('all');
  if (allData && !isRaw && !isQcow2) throw refused('-a option can only be used with raw or QCOW2 images.');
  if (numbers.superblockBlock !== undefined && !isRaw && !isQcow2) {
    throw refused('-b option can only be used with raw or QCOW2 images.');
  }
  if (numbers.targetOffset > 0 && !isRaw) throw refused('Offsets are only allowed with raw images.');
  if (options.flag('compare')) {
    if (!isRaw) throw bare('The -c option only supported in raw mode');
    if (image === '-') throw bare('The -c option not supported when writing to stdout');
  }
  return {
    ...numbers,
    format: isRaw ? 'raw' : isQcow2 ? 'qcow2' : 'normal',
    device,
    image,
    allData,
    selection: selectionOf(options, allData),
    ignoreMount: options.flag('ignoreMount'),
    dryRun: options.flag('dryRun'),
    compare: options.flag('compare'),
    progress: options.flag('progress'),
    scramble: options.flag('scramble'),
    force: options.flag('force'),
  };
}

function readNumbers(options: Options) {
  const value = (key: 'superblock' | 'blockSize' | 'sourceOffset' | 'targetOffset', what: string): number => {
    const text = options.value(key);
    return text === undefined ? 0 : parseNumber(text, { what });
  };
  // COMPAT: 0 means "not given" for each of them.
  return {
    superblockBlock: value('superblock', 'superblock number') || undefined,
    blockSize: value('blockSize', 'block size') || undefined,
    sourceOffset: value('sourceOffset', 'source offset'),
    targetOffset: value('targetOffset', 'destination offset'),
  };
}

function selectionOf(options: Options, allData: boolean): Selection {
  const asked = options.value('select') ?? (options.flag('complete') ? 'complete' : undefined);
  if (asked === undefined) return allData ? 'complete' : 'compat';
  if (asked !== 'compat' && asked !== 'complete') throw usageError(`--select is compat or complete, not '${asked}'`);
  return asked;
}

const refused = (text: string): CliError => new CliError('CLI_REFUSED', text);
const bare = (text: string): CliError => new CliError('CLI_REFUSED', text, { isBare: true });
