import {
  CliError,
  type NumberRule,
  type Parsed,
  parseNumber,
  printable,
  refuseOverlap,
  usageError,
} from '@e2image/cli';
import type { PipeLayout } from '@e2image/disk-image';
import type { CompressionType, Qcow2Version } from '@e2image/qcow2';
import { type DiskView, realDisks } from '@e2image/sparse-io';
import type { CONVERT_TABLE } from './convert-table.ts';
import type { ImageRules } from './open-image.ts';

/** The formats that `convert` reads and writes. */
export type Format = 'raw' | 'qcow2';

/** What to convert, fully decided. Nothing is open yet. */
export interface ConvertPlan {
  /** A path; `-` is standard input. */
  readonly source: string;
  /** A path; `-` is standard output; undefined: only measure. */
  readonly target: string | undefined;
  /** What the target is before it is opened. `new` will be a file; `stream` is what must be written in order. */
  readonly targetKind: 'new' | 'file' | 'block-device' | 'stream';
  /** Undefined: decided by the source's first bytes. */
  readonly from: Format | undefined;
  /** Undefined: the opposite of the source's, unless an option asks for QCOW2. */
  readonly to: Format | undefined;
  readonly compression: CompressionType | undefined;
  readonly level: number | undefined;
  /** log2 of the cluster size; undefined: 64 KiB, or more where QEMU's tables need it. */
  readonly clusterBits: number | undefined;
  readonly version: Qcow2Version;
  readonly pipeLayout: PipeLayout;
  readonly isJson: boolean;
  readonly isForced: boolean;
  readonly isProgressWanted: boolean;
  /** Which further files the source may have opened. */
  readonly rules: ImageRules;
  /** Folder for data that does not fit in memory; undefined: $TMPDIR. */
  readonly spoolFolder: string | undefined;
}

const FORMATS: readonly Format[] = ['raw', 'qcow2'];
const COMPRESSIONS: readonly CompressionType[] = ['zlib', 'zstd'];
const LAYOUTS: readonly PipeLayout[] = ['spool', 'two-pass', 'budget'];
/** The levels that each codec accepts. */
const LEVELS: Readonly<Record<CompressionType, NumberRule>> = {
  zlib: { what: 'compression level', min: 1, max: 9 },
  zstd: { what: 'compression level', min: 1, max: 22 },
};

/**
 * Decide everything that can be decided before a file is opened.
 *
 * @throws CliError CLI_USAGE, CLI_BAD_NUMBER; CLI_REFUSED when source and target share bytes
 */
export function planConvert(parsed: Parsed<typeof CONVERT_TABLE>, disks: DiskView = realDisks): ConvertPlan {
  const isMeasure = parsed.flag('measure');
  const [source, target] = parsed.operands;
  if (source === undefined || parsed.operands.length !== (isMeasure ? 1 : 2)) throw usageError();
  if (parsed.flag('json') && !isMeasure) throw usageError('--json goes with --measure');
  const compression = choice(COMPRESSIONS, parsed.value('compress'), 'compression');
  const levelText = parsed.value('level');
  if (levelText !== undefined && compression === undefined) throw usageError('--level goes with --compress');
  if (target !== undefined) refuseOverlap({ path: source }, { path: target }, disks);
  return {
    source,
    target,
    targetKind: kindOf(target ?? '-', disks),
    from: choice(FORMATS, parsed.value('from'), 'format'),
    to: targetFormat(parsed, compression),
    compression,
    level: levelText === undefined ? undefined : parseNumber(levelText, LEVELS[compression ?? 'zlib']),
    clusterBits: clusterBitsOf(parsed.value('clusterSize')),
    version: versionOf(parsed.value('qcow2Version'), compression),
    pipeLayout: choice(LAYOUTS, parsed.value('pipeLayout'), 'layout') ?? 'spool',
    isJson: parsed.flag('json'),
    isForced: parsed.flag('force'),
    isProgressWanted: parsed.flag('progress'),
    rules: { follow: 'chain', isAnywhere: parsed.flag('anywhere'), isProbing: parsed.flag('probe') },
    spoolFolder: parsed.value('spool'),
  };
}

function choice<T extends string>(known: readonly T[], text: string | undefined, what: string): T | undefined {
  const found = known.find((name) => name === text);
  if (text !== undefined && found === undefined) throw usageError(`unknown ${what} '${printable(text)}'`);
  return found;
}

/** The target's format, as far as the options decide it. */
function targetFormat(
  parsed: Parsed<typeof CONVERT_TABLE>,
  compression: CompressionType | undefined,
): Format | undefined {
  const to = choice(FORMATS, parsed.value('to'), 'format');
  const isQcow2 =
    compression !== undefined ||
    parsed.value('clusterSize') !== undefined ||
    parsed.value('qcow2Version') !== undefined;
  if (isQcow2 && to === 'raw') {
    throw usageError('--compress, --cluster-size and --qcow2-version are for QCOW2 targets');
  }
  return isQcow2 ? 'qcow2' : to;
}

function versionOf(text: string | undefined, compression: CompressionType | undefined): Qcow2Version {
  if (text !== undefined && text !== '2' && text !== '3') throw usageError(`unknown version '${printable(text)}'`);
  if (text === '2' && compression === 'zstd') throw usageError('--compress zstd needs version 3');
  return text === '3' || compression === 'zstd' ? 3 : 2;
}

function clusterBitsOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const size = parseNumber(text, { what: 'cluster size', min: 512, max: 2 ** 21 });
  const bits = Math.log2(size);
  if (!Number.isInteger(bits)) throw new CliError('CLI_BAD_NUMBER', `cluster size ${size} is not a power of two`);
  return bits;
}

/** A descriptor is written in order, whatever it is: the shell that opened it may write after us. */
function kindOf(target: string, disks: DiskView): ConvertPlan['targetKind'] {
  if (target === '-' || /^\/dev\/(stdout|stderr|fd\/)/.test(target)) return 'stream';
  const kind = disks.identify(target)?.kind ?? 'new';
  return kind === 'other' ? 'stream' : kind;
}
