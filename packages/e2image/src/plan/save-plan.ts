import { CliError, type NumberRule, parseNumber, printable, usageError } from '@e2image/cli';
import type { Selection } from '@e2image/ext-core/walk';
import type { CompressionType, Qcow2Version } from '@e2image/qcow2';
import { type NumericOptions, numericOptions, type Options } from './numeric-options.ts';
import { refuseRestoreOptions } from './restore-plan.ts';

/** An image to make, fully decided. Nothing after this looks at an option letter. */
export interface SavePlan extends NumericOptions {
  readonly format: 'normal' | 'raw' | 'qcow2';
  /** Where the file system is: a path; `-` is standard input. */
  readonly device: string;
  /** Where the image goes: a path; `-` is standard output. */
  readonly image: string;
  /** Whether file contents are saved too. */
  readonly hasAllData: boolean;
  readonly selection: Selection;
  /** Whether a file system that is mounted for writing is saved. */
  readonly isMountIgnored: boolean;
  /** Whether the blocks that would be written are only printed. */
  readonly isDryRun: boolean;
  /** Whether the target is read first, only differing blocks are written, and the equal ones are counted. */
  readonly isCompared: boolean;
  readonly isProgressWanted: boolean;
  /** Print the size that a pipe would get, in this form, and make no image. */
  readonly measure: 'text' | 'json' | undefined;
  /** Whether names and other secrets are hidden. */
  readonly isScrambled: boolean;
  /** File with the key of the scrambling; undefined: a random key. */
  readonly keyFile: string | undefined;
  /** Whether directory indexes are rebuilt or keep their boundaries. */
  readonly scrambleIndex: 'fresh' | 'keep';
  /** Whether the image may go to a terminal, and to a device that is marked as in use. */
  readonly isForced: boolean;
  /** How clusters of a QCOW2 image are compressed; undefined: not at all. */
  readonly compress: CompressionType | undefined;
  readonly level: number | undefined;
  /** Bytes of a QCOW2 cluster; undefined: chosen by block size and by the limits of QEMU's tables. */
  readonly clusterSize: number | undefined;
  readonly qcow2Version: Qcow2Version;
  /** Whether the conversion of a QCOW2 image leaves the target unchanged where the image holds nothing. */
  readonly isUnallocatedKept: boolean;
  /** Mapfile of a rescue: read if it exists, and written. */
  readonly mapfile: string | undefined;
  /** How often a failed read is repeated; 0 also leaves alone what failed in an earlier run. */
  readonly retries: number;
  /** Folder for data that does not fit in memory; undefined: $TMPDIR. */
  readonly spoolFolder: string | undefined;
}

/**
 * The rules about which options go together, in the C tool's order and words.
 *
 * @throws CliError CLI_USAGE, CLI_BAD_NUMBER, CLI_REFUSED
 */
export function planSave(options: Options): SavePlan {
  const numbers = numericOptions(options);
  const isRaw = options.flag('raw');
  const isQcow2 = options.flag('qcow2');
  if (isRaw && isQcow2) throw usageError();
  refuseMisplaced(options, isRaw);
  const isMeasure = options.flag('measure');
  if (options.flag('json') && !isMeasure) throw usageError('--json goes with --measure');
  const [device, image = isMeasure ? '-' : undefined] = options.operands;
  if (device === undefined || image === undefined || options.operands.length > 2) throw usageError();
  const hasAllData = options.flag('all');
  if (hasAllData && !isRaw && !isQcow2) throw refused('-a option can only be used with raw or QCOW2 images.');
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
    hasAllData,
    selection: selectionOf(options, hasAllData),
    isMountIgnored: options.flag('ignoreMount'),
    isDryRun: options.flag('dryRun'),
    isCompared: options.flag('compare'),
    isProgressWanted: options.flag('progress'),
    measure: isMeasure ? (options.flag('json') ? 'json' : 'text') : undefined,
    ...scrambleOptions(options),
    isForced: options.flag('force'),
    ...qcow2Options(options, isQcow2),
    isUnallocatedKept: options.flag('keepUnallocated'),
    mapfile: options.value('mapfile'),
    retries: numberOf(options.value('retry'), { what: 'number of retries', max: 1000 }) ?? 0,
    spoolFolder: options.value('spool'),
  };
}

/** Options that mean nothing here are refused, not ignored. */
function refuseMisplaced(options: Options, isRaw: boolean): void {
  refuseRestoreOptions(options);
  if (options.value('journal') !== undefined) throw usageError('--journal is for a move in place');
  if (options.value('mapfile') !== undefined && !isRaw) throw usageError('--mapfile needs -r');
  if (options.value('retry') !== undefined && options.value('mapfile') === undefined) {
    throw usageError('--retry needs --mapfile');
  }
}

type ScrambleOptions = Pick<SavePlan, 'isScrambled' | 'keyFile' | 'scrambleIndex'>;

function scrambleOptions(options: Options): ScrambleOptions {
  const isScrambled = options.flag('scramble');
  const keyFile = options.value('scrambleKey');
  const index = options.value('scrambleIndex');
  if (index !== undefined && index !== 'fresh' && index !== 'keep') {
    throw usageError(`--scramble-index is fresh or keep, not '${printable(index)}'`);
  }
  if (!isScrambled && (keyFile ?? index) !== undefined) throw usageError('--scramble-key and --scramble-index need -s');
  if (isScrambled && options.value('mapfile') !== undefined && keyFile === undefined) {
    throw usageError('--mapfile with -s needs --scramble-key: a run that continues must give the same names');
  }
  return { isScrambled, keyFile, scrambleIndex: index ?? 'fresh' };
}

type Qcow2Options = Pick<SavePlan, 'compress' | 'level' | 'clusterSize' | 'qcow2Version'>;

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

function selectionOf(options: Options, hasAllData: boolean): Selection {
  const asked = options.value('select') ?? (options.flag('complete') ? 'complete' : undefined);
  if (asked === undefined) return hasAllData ? 'complete' : 'compat';
  if (asked !== 'compat' && asked !== 'complete') throw usageError(`--select is compat or complete, not '${asked}'`);
  return asked;
}

const refused = (text: string): CliError => new CliError('CLI_REFUSED', text);
const bare = (text: string): CliError => new CliError('CLI_REFUSED', text, { isBare: true });
