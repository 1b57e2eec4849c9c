import {
  type Command,
  codeOf,
  commandMain,
  EXIT,
  failed,
  NO_PROGRESS,
  openTarget,
  type Progress,
  say,
  startProgress,
  VERSION,
  type World,
  writeOutput,
} from '@e2image/cli';
import { copyRuns, type Output, receive, type Sink, suppressZeros } from '@e2image/sparse-io';
import { type ConvertPlan, type Format, planConvert } from './convert-plan.ts';
import { CONVERT_TABLE } from './convert-table.ts';
import { type OpenedDisk, type OpenedStream, openDisk, spoolDisk } from './open-disk.ts';
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

/** A source that can be read at any offset. */
type Disk = Exclude<OpenedDisk, { kind: 'stream' }>;

async function measure(plan: ConvertPlan, world: World): Promise<number> {
  const opened = await openDisk(plan.source, plan.from, plan.rules);
  const disk = opened.kind === 'stream' ? await spooled(opened, plan, world) : opened;
  try {
    const isRaw = formatFor(plan, disk.kind) === 'raw';
    if (!isRaw && plan.compression !== undefined) say(world, 'compressing once to measure');
    const bytes = isRaw ? disk.disk.size : await measureDisk(toWrite(disk), plan);
    world.stdout(plan.isJson ? `${JSON.stringify({ bytes })}\n` : `${bytes}\n`);
    return EXIT.done;
  } finally {
    disk.close();
  }
}

async function convertTo(target: string, plan: ConvertPlan, world: World): Promise<number> {
  const opened = await openDisk(plan.source, plan.from, plan.rules);
  const source = isStreamed(opened, plan) ? opened : await seekable(opened, plan, world);
  try {
    return await convertFrom(source, target, plan, world);
  } finally {
    if (source.kind !== 'stream') source.close();
  }
}

async function convertFrom(source: OpenedDisk, target: string, plan: ConvertPlan, world: World): Promise<number> {
  // Refused before the output is opened.
  if (source.kind !== 'stream' && formatFor(plan, source.kind) === 'qcow2') clusterBitsFor(plan, source.disk.size);
  const isRaw = source.kind !== 'stream' && formatFor(plan, source.kind) === 'raw';
  const size = isRaw ? source.disk.size : undefined;
  const output = await openTarget(target, world, { isForced: plan.isForced, size });
  const progress = await progressOf(source, plan, world);
  try {
    const size = await writeOutput(output, async (sink) => {
      const bytes = await fill(sink, output, source, plan, progress);
      await sink.finish(bytes);
      return bytes;
    });
    progress.finish(Math.ceil(size / MIB));
  } catch (error) {
    progress.stop();
    throw withPlace(error, plan.source, target);
  }
  return EXIT.done;
}

/** Say which of the two files an error is about. A spool says it itself. */
function withPlace(error: unknown, source: string, target: string): unknown {
  const code = codeOf(error) ?? '';
  if (code === 'SPARSE_SPOOL_FULL') return error;
  const syscall = typeof error === 'object' && error !== null && 'syscall' in error ? error.syscall : undefined;
  const isSource = code.startsWith('QCOW2_') || code === 'SPARSE_SHORT_READ' || syscall === 'read';
  return failed(error, isSource ? `while reading ${source}` : `while writing ${target}`);
}

/** @returns bytes of the output */
async function fill(
  sink: Sink,
  output: Output,
  source: OpenedDisk,
  plan: ConvertPlan,
  progress: Progress,
): Promise<number> {
  const onProgress = (done: number): void => progress.update(Math.floor(done / MIB));
  if (source.kind === 'stream') return fillFromStream(sink, source, plan, onProgress);
  if (formatFor(plan, source.kind) === 'qcow2') {
    return (await writeDisk(sink, toWrite(source), plan, { onProgress })).bytes;
  }
  await copyRuns(source.disk, output.kind === 'stream' ? sink : suppressZeros(sink), { onProgress });
  return source.disk.size;
}

/** Whether the source is taken as it comes: the other ways need it in a file first. */
function isStreamed(source: OpenedDisk, plan: ConvertPlan): boolean {
  if (source.kind !== 'stream') return true;
  const to = formatFor(plan, source.format);
  if (source.format === 'raw') return to === 'raw' || plan.compression !== undefined;
  // On a device, what the image does not store would keep its old bytes.
  return to === 'raw' && !source.needsFile && plan.targetKind !== 'block-device';
}

async function fillFromStream(
  sink: Sink,
  { format, bytes }: OpenedStream,
  plan: ConvertPlan,
  onProgress: (done: number) => void,
): Promise<number> {
  if (format === 'raw' && formatFor(plan, format) === 'raw') return receive(bytes, suppressZeros(sink), { onProgress });
  if (format === 'raw') return (await writeStream(sink, bytes, plan, { onProgress })).bytes;
  return unfold(bytes, sink.sequential ? sink : suppressZeros(sink), { ...spoolOptions(plan), onProgress });
}

async function seekable(opened: OpenedDisk, plan: ConvertPlan, world: World): Promise<Disk> {
  return opened.kind === 'stream' ? spooled(opened, plan, world) : opened;
}

function spooled(stream: OpenedStream, plan: ConvertPlan, world: World): Promise<Disk> {
  if (plan.isProgressWanted) say(world, 'keeping standard input in a temporary file first');
  return spoolDisk(stream, spoolOptions(plan));
}

function spoolOptions({ spoolFolder }: ConvertPlan): { readonly folder?: string } {
  return spoolFolder === undefined ? {} : { folder: spoolFolder };
}

function formatFor(plan: ConvertPlan, from: Format): Format {
  return plan.to ?? (from === 'raw' ? 'qcow2' : 'raw');
}

function toWrite(source: Disk) {
  return { disk: source.disk, unread: source.kind === 'qcow2' ? source.disk.info.unread : [] };
}

async function progressOf(source: OpenedDisk, plan: ConvertPlan, world: World): Promise<Progress> {
  if (!plan.isProgressWanted) return NO_PROGRESS;
  const total = source.kind === 'stream' ? undefined : Math.ceil(source.disk.size / MIB);
  return startProgress(world, { total, unitSize: MIB, unit: 'MiB' });
}
