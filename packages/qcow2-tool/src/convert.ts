import {
  type Command,
  codeOf,
  commandMain,
  EXIT,
  failed,
  inputName,
  isReadError,
  NO_PROGRESS,
  openTarget,
  outputName,
  type Progress,
  say,
  startProgress,
  VERSION,
  type World,
  writeOutput,
} from '@e2image/cli';
import type { OpenDisk } from '@e2image/disk-image';
import { copyRuns, type Output, receive, type Sink, suppressZeros } from '@e2image/sparse-io';
import { type ConvertPlan, type Format, planConvert } from './convert-plan.ts';
import { CONVERT_TABLE } from './convert-table.ts';
import { isStreamed, openReadDisk, type ReadDisk, type StreamedDisk, spoolDisk } from './open-disk.ts';
import { unfold } from './unfold.ts';
import { clusterBitsFor, measureDisk, writeDisk, writeStream } from './write-qcow2.ts';

const MIB = 1 << 20;

const COMMAND: Command<typeof CONVERT_TABLE> = {
  table: CONVERT_TABLE,
  version: VERSION,
  run: async (parsed, world) => {
    const plan = planConvert(parsed);
    return plan.target === undefined ? measure(plan, world) : convertTo(plan.target, plan, world);
  },
};

/** `qcow2 convert`. @returns the exit status */
export const convert = commandMain(COMMAND);

async function measure(plan: ConvertPlan, world: World): Promise<number> {
  const opened = await openReadDisk(plan.source, plan.from, plan.rules);
  const disk = isStreamed(opened) ? await spooled(opened, plan, world) : opened;
  try {
    const isRaw = formatFor(plan, disk.format) === 'raw';
    if (!isRaw && plan.compression !== undefined) say(world, 'compressing once to measure');
    const bytes = isRaw ? disk.source.size : await measureDisk(disk, plan);
    world.stdout(plan.isJson ? `${JSON.stringify({ bytes })}\n` : `${bytes}\n`);
    return EXIT.done;
  } finally {
    disk.close();
  }
}

async function convertTo(target: string, plan: ConvertPlan, world: World): Promise<number> {
  const opened = await openReadDisk(plan.source, plan.from, plan.rules);
  const source = isStreamed(opened) && !isTakenInOrder(opened, plan) ? await spooled(opened, plan, world) : opened;
  try {
    return await convertFrom(source, target, plan, world);
  } finally {
    if (!isStreamed(source)) source.close();
  }
}

async function convertFrom(source: ReadDisk, target: string, plan: ConvertPlan, world: World): Promise<number> {
  const isRaw = formatFor(plan, source.format) === 'raw';
  const diskSize = isStreamed(source) ? undefined : source.source.size;
  // Refused before the output is opened.
  if (diskSize !== undefined && !isRaw) clusterBitsFor(plan, diskSize);
  const size = isRaw ? diskSize : undefined;
  const output = await openTarget(target, world, { isForced: plan.isForced, size });
  const progress = await progressOf(diskSize, plan, world);
  try {
    const written = await writeOutput(output, async (sink) => {
      const bytes = await fill(sink, output, source, plan, progress);
      await sink.finish(bytes);
      return bytes;
    });
    progress.finish(Math.ceil(written / MIB));
  } catch (error) {
    progress.stop();
    throw withFileName(error, plan.source, target);
  }
  return EXIT.done;
}

/** Add which of the two files an error is about. The message of a spool names its folder itself. */
function withFileName(error: unknown, source: string, target: string): unknown {
  const code = codeOf(error) ?? '';
  if (code === 'SPARSE_SPOOL_FULL') return error;
  const isSource = code.startsWith('QCOW2_') || isReadError(error);
  return failed(error, isSource ? `while reading ${inputName(source)}` : `while writing ${outputName(target)}`);
}

/** @returns bytes of the output */
async function fill(
  sink: Sink,
  output: Output,
  source: ReadDisk,
  plan: ConvertPlan,
  progress: Progress,
): Promise<number> {
  const onProgress = (done: number): void => progress.update(Math.floor(done / MIB));
  if (isStreamed(source)) return fillFromStream(sink, source, plan, onProgress);
  if (formatFor(plan, source.format) === 'qcow2') return (await writeDisk(sink, source, plan, onProgress)).bytes;
  const disk = source.image ?? source.source;
  await copyRuns(disk, output.kind === 'stream' ? sink : suppressZeros(sink), { onProgress });
  return disk.size;
}

/** Whether a stream is converted as it comes: the other ways need it in a file first. */
function isTakenInOrder({ format, needsFile }: StreamedDisk, plan: ConvertPlan): boolean {
  const to = formatFor(plan, format);
  if (format === 'raw') return to === 'raw' || plan.compression !== undefined;
  // On a device, what the image does not store would keep its old bytes.
  return to === 'raw' && !needsFile && plan.targetKind !== 'block-device';
}

async function fillFromStream(
  sink: Sink,
  { format, bytes }: StreamedDisk,
  plan: ConvertPlan,
  onProgress: (done: number) => void,
): Promise<number> {
  if (format === 'raw' && formatFor(plan, format) === 'raw') return receive(bytes, suppressZeros(sink), { onProgress });
  if (format === 'raw') return (await writeStream(sink, bytes, plan, onProgress)).bytes;
  return unfold(bytes, sink.isSequential ? sink : suppressZeros(sink), { ...spoolOptions(plan), onProgress });
}

function spooled(stream: StreamedDisk, plan: ConvertPlan, world: World): Promise<OpenDisk> {
  if (plan.isProgressWanted) say(world, 'keeping standard input in a temporary file first');
  return spoolDisk(stream, spoolOptions(plan));
}

function spoolOptions({ spoolFolder }: ConvertPlan): { readonly folder?: string } {
  return spoolFolder === undefined ? {} : { folder: spoolFolder };
}

function formatFor(plan: ConvertPlan, from: Format): Format {
  return plan.to ?? (from === 'raw' ? 'qcow2' : 'raw');
}

/** @param size of the disk in bytes; undefined for a stream */
async function progressOf(size: number | undefined, plan: ConvertPlan, world: World): Promise<Progress> {
  if (!plan.isProgressWanted) return NO_PROGRESS;
  const total = size === undefined ? undefined : Math.ceil(size / MIB);
  return startProgress(world, { total, unitSize: MIB, unit: 'MiB' });
}
