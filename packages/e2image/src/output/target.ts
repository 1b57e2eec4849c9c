import { constants, existsSync, fstatSync, ftruncateSync, statSync } from 'node:fs';
import { CliError, failed, openTarget, SignalGuard, type World } from '@e2image/cli';
import type { Filesystem } from '@e2image/ext-core';
import {
  FileSink,
  FileSource,
  type Output,
  realDisks,
  type Sink,
  type Source,
  skipEqual,
  suppressZeros,
} from '@e2image/sparse-io';
import type { SavePlan } from '../plan/save-plan.ts';
import { dryRunSink } from './dry-run-sink.ts';

/** Where a raw image goes. */
export interface Target {
  /** Undefined in a dry run. */
  readonly output: Output | undefined;
  /** What the copy writes to: the output, or a sink before it that compares, leaves out zeros or prints. */
  readonly sink: Sink;
  readonly isBlockDevice: boolean;
  /** Number of blocks that were not written, because the target held them already. */
  readonly equalBlocks: () => number;
}

/** A raw image to open a target for. */
export interface TargetJob {
  readonly plan: Pick<SavePlan, 'image' | 'targetOffset' | 'isDryRun' | 'isCompared' | 'isForced'>;
  readonly world: World;
  /** Where an interrupted run leaves its image; undefined without a mapfile. */
  readonly partialPath?: string | undefined;
  readonly fs: Pick<Filesystem, 'blockSize' | 'blocksCount'>;
  /** Bytes of the image; default: those of all blocks. */
  readonly size?: number;
}

const imageEnd = ({ plan, fs, size = fs.blocksCount * fs.blockSize }: TargetJob): number => plan.targetOffset + size;

/**
 * Open the target of a raw image, as the last thing that can be refused.
 *
 * @param guard cleans up after it, until `writeOutput` has
 * @throws CliError CLI_FAILED when it cannot be opened, CLI_REFUSED when it is too small
 */
export async function openRawTarget(job: TargetJob, guard: SignalGuard = new SignalGuard()): Promise<Target> {
  const { plan, world, fs, partialPath } = job;
  if (plan.isDryRun) return dryTarget(job);
  refuseTooFar(job);
  const { image, targetOffset, isCompared } = plan;
  const output = await openTarget(image, world, {
    isForced: plan.isForced,
    size: imageEnd(job),
    guard,
    open: image === '-' && targetOffset > 0 ? async () => seekStandardOutput() : undefined,
    // Into a disk image: what is around the file system is not ours. With -c the old bytes are compared.
    keepContents: isCompared || targetOffset > 0,
    keepTail: targetOffset > 0,
    ...(partialPath !== undefined && { partialPath }),
  });
  if (output.kind === 'partial-file') reserveSize(job, output);
  const fresh = output.kind === 'partial-file' ? suppressZeros(output.sink, fs.blockSize) : output.sink;
  const old = isCompared && output.existed && output.fd !== undefined ? oldContents(output.fd) : undefined;
  return { output, isBlockDevice: output.kind === 'block-device', ...comparing(fresh, old, fs.blockSize) };
}

/** COMPAT: `-O` seeks standard output, which only a file allows; e2e/raw/options.test.ts (targets.ts). */
function seekStandardOutput(): Output {
  if (!fstatSync(1).isFile()) throw new CliError('CLI_REFUSED', 'seek_set: Illegal seek', { isBare: true });
  // Every write would go to the end, wherever it was meant to go.
  if (isAppending(1)) throw new CliError('CLI_REFUSED', 'standard output is appended to (>>): -O has no effect there');
  return {
    sink: new FileSink(1, { zero: 'write', keepTail: true }),
    kind: 'in-place',
    existed: true,
    isTerminal: false,
  };
}

/** Whether a descriptor was opened with O_APPEND. Source: proc_pid_fdinfo(5). */
function isAppending(fd: number): boolean {
  const flags = /^flags:\s*([0-7]+)$/m.exec(realDisks.readText(`/proc/self/fdinfo/${fd}`) ?? '')?.[1] ?? '0';
  return (Number.parseInt(flags, 8) & constants.O_APPEND) !== 0;
}

/** End of the longest file that both runtimes can address: a position beyond is cut, or taken for none at all. */
const MAX_END = 2 ** 52 - 1;

function refuseTooFar(job: TargetJob): void {
  const end = imageEnd(job);
  if (end <= MAX_END) return;
  throw new CliError('CLI_REFUSED', `the image would end at byte ${end}, ${MAX_END} is the most`);
}

/** A size that the folder's file system cannot hold is known now, not after hours of copying. */
function reserveSize(job: TargetJob, output: Output): void {
  const { plan } = job;
  const size = imageEnd(job);
  try {
    if (output.fd !== undefined) ftruncateSync(output.fd, size);
  } catch (error) {
    output.sink.abort();
    throw failed(error, `while making ${plan.image} ${size} bytes long; a QCOW2 image (-Q) has no such limit`);
  }
}

/** What the target holds; nothing, for -c, where it cannot be read at offsets. */
function oldContents(fd: number): Source | undefined {
  const stat = fstatSync(fd);
  return stat.isFile() || stat.isBlockDevice() ? FileSource.over(fd) : undefined;
}

function comparing(sink: Sink, old: Source | undefined, blockSize: number): Pick<Target, 'sink' | 'equalBlocks'> {
  if (old === undefined) return { sink, equalBlocks: () => 0 };
  let equal = 0;
  const onEqual = (blocks: number): void => {
    equal += blocks;
  };
  return { sink: skipEqual(sink, old, { blockSize, onEqual }), equalBlocks: () => equal };
}

function dryTarget({ plan, world, fs }: TargetJob): Target {
  const { image, targetOffset } = plan;
  const isNew = image !== '-' && !existsSync(image);
  const isBlockDevice = !isNew && image !== '-' && statSync(image).isBlockDevice();
  const print = dryRunSink({ blockSize: fs.blockSize, targetOffset, print: (text) => world.stdout(text) });
  // In a new file zeros are holes, and nothing is written for them.
  const sink = isNew ? suppressZeros({ ...print, zero: () => {} }, fs.blockSize) : print;
  const old = plan.isCompared && !isNew ? FileSource.open(image) : undefined;
  return { output: undefined, isBlockDevice, ...comparing(sink, old, fs.blockSize) };
}
