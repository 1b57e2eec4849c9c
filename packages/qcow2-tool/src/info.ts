import { statSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import {
  COMMON_OPTIONS,
  type Command,
  type CommandTable,
  commandMain,
  EXIT,
  type Parsed,
  printable,
  say,
  VERSION,
  type World,
} from '@e2image/cli';
import { isQcow2Error, type Qcow2Image } from '@e2image/qcow2';
import { SPOOL_OPTION } from './chain-options.ts';
import { type InfoValue, infoText } from './info-text.ts';
import { OUTPUT_OPTIONS, wantsJson } from './json-output.ts';
import { oneImage } from './one-image.ts';
import { type ImageRules, openImage } from './open-image.ts';

const TABLE = {
  summary: 'Describe an image. No other file is opened.',
  usage: ['[ --json ] image'],
  options: { ...OUTPUT_OPTIONS, ...SPOOL_OPTION, ...COMMON_OPTIONS },
} as const satisfies CommandTable;

const COMMAND: Command<typeof TABLE> = {
  table: TABLE,
  version: VERSION,
  run: (parsed, world) => showInfo(planInfo(parsed), world),
};

/** `qcow2 info`. @returns the exit status */
export const info = commandMain(COMMAND);

interface InfoPlan {
  readonly path: string;
  readonly isJson: boolean;
  readonly rules: ImageRules;
}

const planInfo = (parsed: Parsed<typeof TABLE>): InfoPlan => ({
  path: oneImage(parsed),
  isJson: wantsJson(parsed),
  rules: { follow: 'none', isAnywhere: false, isProbing: false, spoolFolder: parsed.value('spool') },
});

async function showInfo({ path, isJson, rules }: InfoPlan, world: World): Promise<number> {
  const { image, close } = await openImage(path, rules);
  try {
    const { info, problems } = describe(image, path);
    world.stdout(isJson ? `${JSON.stringify(info, undefined, 4)}\n` : infoText(info));
    for (const problem of [...image.info.warnings, ...problems]) say(world, `${path}: ${problem}`);
    return problems.length > 0 ? EXIT.failed : EXIT.done;
  } finally {
    close();
  }
}

/** The description of an image, and the parts of it that could not be read. */
function describe(image: Qcow2Image, path: string) {
  const problems: string[] = [];
  const attempt = <T>(read: () => readonly T[]): readonly T[] => {
    try {
      return read();
    } catch (error) {
      if (!isQcow2Error(error)) throw error;
      problems.push(error.message);
      return [];
    }
  };
  const { info } = image;
  const snapshots = attempt(() => image.snapshots()).map((snapshot) => ({
    id: snapshot.id,
    name: snapshot.name,
    'vm-state-size': snapshot.vmStateSize,
    'date-sec': snapshot.seconds,
    'date-nsec': snapshot.nanoseconds,
    'vm-clock-sec': Number(snapshot.vmClockNanoseconds / 1_000_000_000n),
    'vm-clock-nsec': Number(snapshot.vmClockNanoseconds % 1_000_000_000n),
  }));
  return {
    problems,
    info: {
      ...(snapshots.length > 0 ? { snapshots } : {}),
      'virtual-size': info.virtualSize,
      filename: path,
      format: 'qcow2',
      'cluster-size': info.clusterSize,
      ...actualSize(path),
      ...(info.encryption === undefined ? {} : { encrypted: true }),
      ...backing(image, path),
      'dirty-flag': info.isDirty,
      'format-specific': { type: 'qcow2', data: formatSpecific(image, attempt) },
      ...(info.unread.length > 0
        ? { unread: info.unread.map(({ offset, length }) => ({ start: offset, length })) }
        : {}),
    } satisfies InfoValue,
  };
}

function actualSize(path: string): { 'actual-size'?: number } {
  return path === '-' ? {} : { 'actual-size': statSync(path).blocks * 512 };
}

function backing({ info }: Qcow2Image, path: string) {
  const { backingName: name, backingFormat: format } = info;
  if (name === undefined) return {};
  // A protocol or an absolute path is complete; any other name is relative to the image's folder.
  const isWhole = isAbsolute(name) || /^[^/]*:/.test(name) || path === '-';
  return {
    'backing-filename': name,
    'full-backing-filename': isWhole ? name : join(dirname(path), name),
    ...(format === undefined ? {} : { 'backing-filename-format': format }),
  };
}

function formatSpecific(image: Qcow2Image, attempt: <T>(read: () => readonly T[]) => readonly T[]) {
  const { info } = image;
  const { header } = info;
  const bitmaps = attempt(() => image.bitmaps()).map(({ name, granularity, isInUse, isAuto }) => ({
    name,
    granularity,
    flags: [...(isInUse ? ['in-use'] : []), ...(isAuto ? ['auto'] : [])],
  }));
  return {
    compat: header.version === 2 ? '0.10' : '1.1',
    'compression-type': info.compressionType,
    ...(header.version === 3 ? { 'lazy-refcounts': info.hasLazyRefcounts } : {}),
    ...(bitmaps.length > 0 ? { bitmaps } : {}),
    'refcount-bits': info.refcountBits,
    ...(header.version === 3 ? { corrupt: info.isCorrupt, 'extended-l2': info.hasExtendedL2 } : {}),
    ...(info.dataFileName === undefined ? {} : { 'data-file': printable(info.dataFileName) }),
    ...(info.hasDataFile ? { 'data-file-raw': info.hasRawDataFile } : {}),
    ...(info.encryption === undefined ? {} : { encrypt: { format: info.encryption } }),
  };
}
