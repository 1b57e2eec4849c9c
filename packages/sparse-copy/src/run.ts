import {
  CliError,
  codeOf,
  EXIT,
  failed,
  type GuardedOutput,
  isReadError,
  mountState,
  NO_PROGRESS,
  openGuarded,
  type Progress,
  printable,
  realMounts,
  refuseTerminal,
  startProgress,
  type World,
  warnInPlace,
  writeOutput,
} from '@e2image/cli';
import {
  copyRuns,
  FileSource,
  type Input,
  type Output,
  openInput,
  openOutput,
  openStandardOutput,
  receive,
  type Sink,
  suppressZeros,
  withoutFile,
} from '@e2image/sparse-io';
import type { CopyPlan } from './plan.ts';

const MIB = 1 << 20;

/** Who watches. */
export interface CopyEnvironment {
  readonly world: World;
  readonly isProgressWanted: boolean;
}

/**
 * Copy as planned.
 *
 * @returns the exit status
 * @throws CliError CLI_FAILED with the name of source or target, CLI_REFUSED when a device is too small
 */
export async function runCopy(plan: CopyPlan, environment: CopyEnvironment): Promise<number> {
  const opened = await openInput(plan.source).catch(failing(`while trying to open ${plan.source}`));
  try {
    await copyInput(plan, settled(plan, opened, environment.world), environment);
    return EXIT.done;
  } finally {
    if (opened.kind === 'source') opened.close();
  }
}

async function copyInput(plan: CopyPlan, input: Input, { world, isProgressWanted }: CopyEnvironment): Promise<void> {
  refuseTooSmall(plan, input);
  const output = await openTarget(plan).catch(failing(`while trying to open ${plan.target}`));
  refuseTerminal(output, plan);
  warnInPlace(output, plan.target, world);
  await writeOutput(output, async (sink) => {
    const total = input.kind === 'source' ? Math.ceil(input.source.size / MIB) : undefined;
    const progress = isProgressWanted ? await startProgress(world, { total, unitSize: MIB, unit: 'MiB' }) : NO_PROGRESS;
    return fill(sink, output, { plan, input, progress });
  });
}

/** A mounted source changes while it is copied: what was read once must not change again on its way through a pipe. */
function settled({ source }: CopyPlan, input: Input, world: World): Input {
  if (input.kind === 'stream' || source === '-') return input;
  // Without a mount table nobody can tell, which is no reason not to copy.
  const view = realMounts({ ...world.env, EXT2FS_NO_MTAB_OK: '1' });
  if (!mountState(source, view).isMounted) return input;
  return { ...input, source: withoutFile(input.source) };
}

function openTarget({ target, zero }: CopyPlan): Promise<GuardedOutput> {
  return openGuarded(() =>
    target === '-' ? openStandardOutput() : openOutput(target, zero === undefined ? {} : { zero }),
  );
}

interface Filling {
  readonly plan: CopyPlan;
  readonly input: Input;
  readonly progress: Progress;
}

async function fill(sink: Sink, output: Output, { plan, input, progress }: Filling): Promise<void> {
  const onProgress = (done: number): void => progress.update(Math.floor(done / MIB));
  // A stream takes zeros as it takes everything; anywhere else they are worth a look.
  const target = output.kind === 'stream' ? sink : suppressZeros(sink);
  try {
    const size = await move(input, target, onProgress);
    await sink.finish(size);
    progress.finish(Math.ceil(size / MIB));
  } catch (error) {
    progress.stop();
    const { source, target } = named(plan);
    throw failed(error, isReadError(error) ? `while reading ${source}` : `while writing ${target}`);
  }
}

async function move(input: Input, sink: Sink, onProgress: (done: number) => void): Promise<number> {
  if (input.kind === 'stream') return receive(input.bytes, sink, { onProgress });
  await copyRuns(input.source, sink, { onProgress });
  return input.source.size;
}

/** Before anything is written: a device cannot grow. */
function refuseTooSmall({ source, target }: CopyPlan, input: Input): void {
  if (input.kind !== 'source' || target === '-') return;
  const room = deviceSize(target);
  if (room === undefined || room >= input.source.size) return;
  const sizes = `${input.source.size} bytes of ${printable(source)}, ${room} on ${printable(target)}`;
  throw new CliError('CLI_REFUSED', `the target is too small: ${sizes}`);
}

function deviceSize(path: string): number | undefined {
  try {
    using device = FileSource.open(path);
    return device.isBlockDevice ? device.size : undefined;
  } catch (error) {
    // Absent, a pipe, not readable: opening it for writing tells what is wrong, if anything is.
    if (codeOf(error) === undefined) throw error;
    return undefined;
  }
}

const named = ({ source, target }: CopyPlan): { source: string; target: string } => ({
  source: source === '-' ? 'standard input' : source,
  target: target === '-' ? 'standard output' : target,
});

function failing(doing: string): (error: unknown) => never {
  return (error) => {
    throw failed(error, doing);
  };
}
