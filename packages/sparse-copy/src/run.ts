import {
  EXIT,
  failed,
  inputName,
  isReadError,
  mountState,
  NO_PROGRESS,
  openTarget,
  outputName,
  type Progress,
  realMounts,
  startProgress,
  type World,
  writeOutput,
} from '@e2image/cli';
import {
  copyRuns,
  type Input,
  type Output,
  openInput,
  receive,
  type Sink,
  suppressZeros,
  withoutFile,
} from '@e2image/sparse-io';
import type { CopyPlan } from './plan.ts';

const MIB = 1 << 20;

/**
 * Copy as planned.
 *
 * @returns the exit status
 * @throws CliError CLI_FAILED with the name of source or target, CLI_REFUSED when a device is too small
 */
export async function runCopy(plan: CopyPlan, world: World): Promise<number> {
  const opened = await openInput(plan.source).catch((error: unknown) => {
    throw failed(error, `while trying to open ${plan.source}`);
  });
  try {
    await copyInput(plan, settled(plan, opened, world), world);
    return EXIT.done;
  } finally {
    if (opened.kind === 'source') opened.close();
  }
}

async function copyInput(plan: CopyPlan, input: Input, world: World): Promise<void> {
  const output = await openTarget(plan.target, world, {
    isForced: plan.isForced,
    size: input.kind === 'source' ? input.source.size : undefined,
    ...(plan.zero !== undefined && { zero: plan.zero }),
  });
  await writeOutput(output, async (sink) => {
    const total = input.kind === 'source' ? Math.ceil(input.source.size / MIB) : undefined;
    const progress = plan.isProgressWanted
      ? await startProgress(world, { total, unitSize: MIB, unit: 'MiB' })
      : NO_PROGRESS;
    return fill(sink, output, { plan, input, progress });
  });
}

/** A mounted source changes while it is copied: bytes that were read must not change again in a pipe. */
function settled({ source }: CopyPlan, input: Input, world: World): Input {
  if (input.kind === 'stream' || source === '-') return input;
  // A missing mount table is not an error: then nothing is mounted as far as anybody can know.
  const view = realMounts({ ...world.env, EXT2FS_NO_MTAB_OK: '1' });
  if (!mountState(source, view).isMounted) return input;
  return { ...input, source: withoutFile(input.source) };
}

interface Filling {
  readonly plan: CopyPlan;
  readonly input: Input;
  readonly progress: Progress;
}

async function fill(sink: Sink, output: Output, { plan, input, progress }: Filling): Promise<void> {
  const onProgress = (done: number): void => progress.update(Math.floor(done / MIB));
  // A stream needs all bytes; elsewhere zeros need not be written.
  const target = output.kind === 'stream' ? sink : suppressZeros(sink);
  try {
    const size = await move(input, target, onProgress);
    await sink.finish(size);
    progress.finish(Math.ceil(size / MIB));
  } catch (error) {
    progress.stop();
    const doing = isReadError(error)
      ? `while reading ${inputName(plan.source)}`
      : `while writing ${outputName(plan.target)}`;
    throw failed(error, doing);
  }
}

async function move(input: Input, sink: Sink, onProgress: (done: number) => void): Promise<number> {
  if (input.kind === 'stream') return receive(input.bytes, sink, { onProgress });
  await copyRuns(input.source, sink, { onProgress });
  return input.source.size;
}
