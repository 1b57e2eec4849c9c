import { CliError, type NumberRule, type Parsed, parseNumber, printable, usageError } from '@e2image/cli';
import type { MoveRequest, ResumeRequest } from '@e2image/e2image-move';
import type { RestoreRequest } from '@e2image/e2image-restore';
import type { Selection } from '@e2image/ext-core/walk';
import type { CompressionType, Qcow2Version } from '@e2image/qcow2';
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
  /** Tell the size that a pipe would get, and make no image. */
  readonly measure: 'text' | 'json' | undefined;
  readonly scramble: boolean;
  /** File with the key of the scrambling; undefined: a random one. */
  readonly keyFile: string | undefined;
  /** Whether indexes of directories are made anew or keep their boundaries. */
  readonly scrambleIndex: 'fresh' | 'keep';
  /** Write to a terminal, too. */
  readonly force: boolean;
  /** How clusters of a QCOW2 image are compressed; undefined: not at all. */
  readonly compress: CompressionType | undefined;
  readonly level: number | undefined;
  /** Bytes of a QCOW2 cluster; undefined: by block size and by what QEMU's tables hold. */
  readonly clusterSize: number | undefined;
  readonly qcow2Version: Qcow2Version;
  /** Converting a QCOW2 image: leave in the target what the image does not hold. */
  readonly keepUnallocated: boolean;
  /** Mapfile of a rescue: read, if it is there, and written. */
  readonly mapfile: string | undefined;
  /** How often a failed read is tried again; 0 also leaves alone what failed in an earlier run. */
  readonly retries: number;
  /** Folder for what cannot be kept in memory; undefined: $TMPDIR. */
  readonly spoolFolder: string | undefined;
}

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
  refuseMisplaced(options, isRaw);
  const isMeasure = options.flag('measure');
  if (options.flag('json') && !isMeasure) throw usageError('--json goes with --measure');
  const [device, image = isMeasure ? '-' : undefined] = options.operands;
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
    measure: isMeasure ? (options.flag('json') ? 'json' : 'text') : undefined,
    ...scrambleOptions(options),
    force: options.flag('force'),
    ...qcow2Options(options, isQcow2),
    keepUnallocated: options.flag('keepUnallocated'),
    mapfile: options.value('mapfile'),
    retries: numberOf(options.value('retry'), { what: 'number of retries', max: 1000 }) ?? 0,
    spoolFolder: options.value('spool'),
  };
}

/** Options that mean nothing here are not passed over in silence: who gives `-z` counts on an undo file. */
function refuseMisplaced(options: Options, isRaw: boolean): void {
  refuseInstallOptions(options);
  if (options.value('journal') !== undefined) throw usageError('--journal is for a move in place');
  if (options.value('mapfile') !== undefined && !isRaw) throw usageError('--mapfile needs -r');
  if (options.value('retry') !== undefined && options.value('mapfile') === undefined) {
    throw usageError('--retry needs --mapfile');
  }
}

function refuseInstallOptions(options: Options): void {
  if (options.value('undo') !== undefined || options.flag('verify') || options.flag('dropJournal')) {
    throw usageError('-z, --verify and --drop-journal need -I');
  }
}

type ScrambleOptions = Pick<ImagePlan, 'scramble' | 'keyFile' | 'scrambleIndex'>;

function scrambleOptions(options: Options): ScrambleOptions {
  const scramble = options.flag('scramble');
  const keyFile = options.value('scrambleKey');
  const index = options.value('scrambleIndex');
  if (index !== undefined && index !== 'fresh' && index !== 'keep') {
    throw usageError(`--scramble-index is fresh or keep, not '${printable(index)}'`);
  }
  if (!scramble && (keyFile ?? index) !== undefined) throw usageError('--scramble-key and --scramble-index need -s');
  if (scramble && options.value('mapfile') !== undefined && keyFile === undefined) {
    throw usageError('--mapfile with -s needs --scramble-key: a run that goes on must give the same names');
  }
  return { scramble, keyFile, scrambleIndex: index ?? 'fresh' };
}

type Qcow2Options = Pick<ImagePlan, 'compress' | 'level' | 'clusterSize' | 'qcow2Version'>;

function qcow2Options(options: Options, isQcow2: boolean): Qcow2Options {
  const compress = options.value('compress');
  if (compress !== undefined && compress !== 'zlib' && compress !== 'zstd') {
    throw usageError(`--compress is zlib or zstd, not '${printable(compress)}'`);
  }
  const version = options.value('qcow2Version') ?? (compress === 'zstd' ? '3' : '2');
  if (version !== '2' && version !== '3') throw usageError(`--qcow2-version is 2 or 3, not '${printable(version)}'`);
  if (compress === 'zstd' && version === '2') throw usageError('zstd needs --qcow2-version 3');
  const level = numberOf(options.value('level'), { what: 'level', min: 1, max: compress === 'zstd' ? 22 : 9 });
  const clusterSize = numberOf(options.value('clusterSize'), { what: 'cluster size', min: 512, max: 1 << 21 });
  if (clusterSize !== undefined && !Number.isInteger(Math.log2(clusterSize))) {
    throw usageError(`cluster size ${clusterSize} is not a power of two`);
  }
  const given = [compress, level, clusterSize, options.value('qcow2Version')].some((value) => value !== undefined);
  if (given && !isQcow2) throw usageError('--compress, --level, --cluster-size and --qcow2-version need -Q');
  if (level !== undefined && compress === undefined) throw usageError('--level needs --compress');
  return { compress, level, clusterSize, qcow2Version: version === '3' ? 3 : 2 };
}

const numberOf = (text: string | undefined, rule: NumberRule): number | undefined =>
  text === undefined ? undefined : parseNumber(text, rule);

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

/** A move in place: one operand and an offset. */
export interface MoveInPlace {
  readonly request: MoveRequest;
  readonly progress: boolean;
}

/**
 * The rules of `e2image -ra -o X` and `-O Y` with one operand.
 *
 * @throws CliError CLI_USAGE, CLI_BAD_NUMBER, CLI_REFUSED
 */
export function planMoveInPlace(options: Options): MoveInPlace {
  const { sourceOffset, targetOffset } = readNumbers(options);
  const [device] = options.operands;
  if (device === undefined || (options.flag('raw') && options.flag('qcow2'))) throw usageError();
  if (options.flag('all') && !options.flag('raw') && !options.flag('qcow2')) {
    throw refused('-a option can only be used with raw or QCOW2 images.');
  }
  if (!options.flag('raw')) throw refused('Offsets are only allowed with raw images.');
  if (!options.flag('all')) throw refused('Move mode requires all data mode.');
  refuseInstallOptions(options);
  const request = {
    device,
    from: sourceOffset,
    to: targetOffset,
    journal: options.value('journal'),
    isForced: options.flag('force'),
    isDryRun: options.flag('dryRun'),
  };
  return { request, progress: options.flag('progress') };
}

/**
 * The rules of `e2image --resume DEVICE`: what the record says is not repeated on the command line, and may be.
 *
 * @throws CliError CLI_USAGE, CLI_BAD_NUMBER
 */
export function planResume(options: Options): ResumeRequest {
  const [device] = options.operands;
  if (device === undefined || options.operands.length > 1) throw usageError();
  if (options.flag('dryRun')) throw usageError('-n and --resume exclude each other');
  const { sourceOffset, targetOffset } = readNumbers(options);
  const isGiven = sourceOffset > 0 || targetOffset > 0;
  return { device, journal: options.value('journal'), ...(isGiven && { from: sourceOffset, to: targetOffset }) };
}

/** Whether the command line asks for a move. */
export function isMove(options: Options): boolean {
  if (options.operands.length !== 1 || options.flag('install')) return false;
  const { sourceOffset, targetOffset } = readNumbers(options);
  return sourceOffset > 0 || targetOffset > 0;
}

/**
 * The rules of `e2image -I device image-file`.
 *
 * @throws CliError CLI_USAGE, CLI_REFUSED
 */
export function planInstall(options: Options): RestoreRequest {
  const { superblockBlock, sourceOffset, targetOffset } = readNumbers(options);
  const [device, image] = options.operands;
  if (device === undefined || image === undefined || options.operands.length > 2) throw usageError();
  if (options.flag('raw') || options.flag('qcow2')) {
    if (options.flag('raw') && options.flag('qcow2')) throw usageError();
    throw refused('Raw and qcow2 images cannot be installed');
  }
  if (options.flag('all')) throw refused('-a option can only be used with raw or QCOW2 images.');
  if (superblockBlock !== undefined) throw refused('-b option can only be used with raw or QCOW2 images.');
  // A file system inside a disk: a loop device on that part of it (losetup --offset) is a device of its own.
  if (sourceOffset > 0 || targetOffset > 0) throw refused('Offsets are only allowed with raw images.');
  return {
    image,
    device,
    isDryRun: options.flag('dryRun'),
    force: options.flag('force'),
    dropJournal: options.flag('dropJournal'),
    verify: options.flag('verify'),
    progress: options.flag('progress'),
    undo: options.value('undo'),
    mapfile: options.value('mapfile'),
    spoolFolder: options.value('spool'),
  };
}
