import {
  COMMON_OPTIONS,
  type Command,
  type CommandTable,
  codeOf,
  commandMain,
  failed,
  type Parsed,
  say,
  VERSION,
  type World,
} from '@e2image/cli';
import { type CheckFinding, type CheckReport, checkQcow2 } from '@e2image/qcow2';
import { openSeekable } from '@e2image/sparse-io';
import { SPOOL_OPTION } from './chain-options.ts';
import { OUTPUT_OPTIONS, wantsJson } from './json-output.ts';
import { oneImage } from './one-image.ts';

/** qemu-img's exit statuses, which scripts know. */
const STATUS = { clean: 0, notChecked: 1, corrupt: 2, leaks: 3, unsupported: 63 } as const;
/** Most findings that the JSON lists; the counts include all. */
const LISTED = 1000;

const TABLE = {
  summary: 'Compare the refcounts of an image with what its tables use. Nothing is repaired.',
  usage: ['[ --json ] [ -q ] image'],
  options: {
    quiet: { short: 'q', long: 'quiet', help: 'print nothing: the exit status is the result' },
    ...OUTPUT_OPTIONS,
    ...SPOOL_OPTION,
    ...COMMON_OPTIONS,
  },
  notes: [
    "Exit status, as qemu-img's: 0 clean, 1 not checked, 2 corrupt, 3 leaked clusters only, 63 not a QCOW2 image.",
    '`-` is standard input; a pipe is kept in a temporary file first.',
  ],
} as const satisfies CommandTable;

const COMMAND: Command<typeof TABLE> = {
  table: TABLE,
  version: VERSION,
  run: (parsed, world) => checkImage(planCheck(parsed), world),
};

/** `qcow2 check`. @returns the exit status, qemu-img's */
export const check = commandMain(COMMAND);

interface CheckPlan {
  readonly path: string;
  readonly isJson: boolean;
  readonly isQuiet: boolean;
  /** Folder for the spool of a pipe; undefined: $TMPDIR. */
  readonly spoolFolder: string | undefined;
}

const planCheck = (parsed: Parsed<typeof TABLE>): CheckPlan => ({
  path: oneImage(parsed),
  isJson: wantsJson(parsed),
  isQuiet: parsed.flag('quiet'),
  spoolFolder: parsed.value('spool'),
});

async function checkImage({ path, isJson, isQuiet, spoolFolder }: CheckPlan, world: World): Promise<number> {
  const findings: CheckFinding[] = [];
  const onFinding = (finding: CheckFinding): void => {
    if (findings.length < LISTED) findings.push(finding);
    if (!isQuiet) world.stderr(findingLine(finding));
  };
  const report = await checkFile(path, { onFinding, spoolFolder });
  if (report === undefined) {
    say(world, `${path}: not a qcow2 image, there is nothing to check`);
    return STATUS.unsupported;
  }
  if (isJson) world.stdout(`${JSON.stringify(reportJson(report, path, findings), undefined, 4)}\n`);
  else if (!isQuiet) world.stdout(reportText(report));
  return report.corruptions > 0 ? STATUS.corrupt : report.leaks > 0 ? STATUS.leaks : STATUS.clean;
}

/** @returns undefined for a file that is not a QCOW2 image */
async function checkFile(
  path: string,
  {
    onFinding,
    spoolFolder,
  }: { readonly onFinding: (finding: CheckFinding) => void; readonly spoolFolder: string | undefined },
): Promise<CheckReport | undefined> {
  try {
    const { source, close } = await openSeekable(path, spoolFolder === undefined ? {} : { folder: spoolFolder });
    try {
      return checkQcow2(source, { onFinding });
    } catch (error) {
      if (codeOf(error) === 'QCOW2_BAD_MAGIC') return undefined;
      throw error;
    } finally {
      close();
    }
  } catch (error) {
    throw failed(error, `while checking ${path}`);
  }
}

function findingLine({ kind, message }: CheckFinding): string {
  return `${kind === 'leak' ? 'Leaked' : 'ERROR'} ${message}\n`;
}

/** Names and omitted zero counts as in `qemu-img check --output=json`. */
function reportJson(report: CheckReport, filename: string, findings: readonly CheckFinding[]) {
  return {
    'image-end-offset': report.imageEndOffset,
    'total-clusters': report.totalClusters,
    'check-errors': 0,
    ...(report.corruptions > 0 ? { corruptions: report.corruptions } : {}),
    ...(report.leaks > 0 ? { leaks: report.leaks } : {}),
    ...(report.allocatedClusters > 0 ? { 'allocated-clusters': report.allocatedClusters } : {}),
    ...(report.fragmentedClusters > 0 ? { 'fragmented-clusters': report.fragmentedClusters } : {}),
    ...(report.compressedClusters > 0 ? { 'compressed-clusters': report.compressedClusters } : {}),
    filename,
    format: 'qcow2',
    ...(findings.length > 0 ? { findings } : {}),
  };
}

function reportText(report: CheckReport): string {
  const { corruptions, leaks, allocatedClusters, totalClusters, fragmentedClusters, compressedClusters } = report;
  const lines: string[] = [];
  if (corruptions > 0) {
    lines.push(`${corruptions} errors were found on the image.`);
    lines.push('Data may be corrupted, or further writes to the image may corrupt it.');
  }
  if (leaks > 0) {
    lines.push(`${leaks} leaked clusters were found on the image.`);
    lines.push('This means waste of disk space, but no harm to data.');
  }
  if (corruptions + leaks === 0) lines.push('No errors were found on the image.');
  if (totalClusters > 0 && allocatedClusters > 0) {
    const share = (part: number, whole: number): string => `${((part * 100) / whole).toFixed(2)}%`;
    const parts = `${share(fragmentedClusters, allocatedClusters)} fragmented, ${share(compressedClusters, allocatedClusters)} compressed clusters`;
    lines.push(
      `${allocatedClusters}/${totalClusters} = ${share(allocatedClusters, totalClusters)} allocated, ${parts}`,
    );
  }
  lines.push(`Image end offset: ${report.imageEndOffset}`);
  return `${lines.join('\n')}\n`;
}
