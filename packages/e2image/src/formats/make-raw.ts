import { reasonOf, SignalGuard, say, writeOutput } from '@e2image/cli';
import type { Output } from '@e2image/sparse-io';
import type { ImageJob } from '../job/image-job.ts';
import { JobProgress } from '../job/job-progress.ts';
import { openRawTarget, type Target } from '../output/target.ts';
import type { Rescue } from '../rescue/rescue.ts';
import { SelectedBlocks } from '../select/selected-blocks.ts';
import { writeRawImage } from './raw-image.ts';
import { recordJob } from './record-job.ts';

/**
 * Make a raw image.
 *
 * @param open opens the target
 */
export async function makeRaw(job: ImageJob, open = openRawTarget): Promise<void> {
  const { plan, world, fs, rescue } = job;
  const guard = new SignalGuard();
  const target = await open({ plan, world, fs, partialPath: rescue?.partialPath }, guard);
  const { output } = target;
  if (output === undefined) await write(job, target);
  else if (rescue === undefined) await writeOutput(output, () => write(job, target), guard);
  else await writeOutput(output, () => writeRescue(job, rescue, { target, output, guard }), guard);
  if (plan.isCompared) world.stdout(`${target.equalBlocks()} blocks already contained the data to be copied\n`);
}

function write(job: ImageJob, target: Target): Promise<void> {
  const { plan, fs, source, rescue, scrambler } = job;
  const place = { blockSize: fs.blockSize, targetOffset: plan.targetOffset };
  const progress = new JobProgress(job);
  const known = scrambler?.selected;
  let selected = new SelectedBlocks(fs, { walk: job.walk, known });
  return progress.around(() =>
    writeRawImage({
      fs,
      source,
      sink: rescue?.recording(target.sink, place) ?? target.sink,
      select: (walk) => {
        selected = new SelectedBlocks(fs, { walk, known });
        return selected;
      },
      walk: { ...job.walk, wholeTables: target.isBlockDevice },
      targetOffset: plan.targetOffset,
      isPlain: job.isPlain,
      ...(plan.isProgressWanted && {
        onSelected: (blocks: number) => progress.start(blocks),
        onProgress: (done: number) => progress.update(done * fs.blockSize),
      }),
      onCopied: () => recordJob(job, selected, target.output),
      ...(rescue && { done: rescue.done, checkpoint: () => checkpoint(job, rescue, target.output?.fd) }),
    }),
  );
}

interface RescueTarget {
  readonly target: Target;
  readonly output: Output;
  readonly guard: SignalGuard;
}

/** With a mapfile: however the run ends, the mapfile says how far it came, and the partial image is kept. */
async function writeRescue(job: ImageJob, rescue: Rescue, { target, output, guard }: RescueTarget): Promise<void> {
  const { fs, plan, scrambler } = job;
  const place = { blockSize: fs.blockSize, targetOffset: plan.targetOffset };
  rescue.takeOver(output, scrambler?.source(fs.source) ?? fs.source, place);
  const keep = (): void => keepMap(job, rescue, output);
  using _ = guard.add(keep);
  try {
    await write(job, target);
  } catch (error) {
    keep();
    throw error;
  }
}

/** Save the mapfile of a run that was stopped, and report it. */
function keepMap({ findings, fs, world }: ImageJob, rescue: Rescue, { fd, kind }: Output): void {
  try {
    if (fd === undefined || rescue.syncNow(fd)) {
      rescue.save(findings.unread, fs);
      const isContinued = kind === 'partial-file' || kind === 'block-device';
      say(
        world,
        isContinued ? `stopped; the same command continues from ${rescue.path}` : `${rescue.path} says what was read`,
      );
    } else {
      say(world, `${rescue.path} stays as it was: the last writes may not have reached the disk`);
    }
  } catch (error) {
    say(world, `${rescue.path} stays as it was: ${reasonOf(error) ?? String(error)}`);
  }
}

/** Sync the image, then save the mapfile: what the mapfile calls read must be on the disk. */
async function checkpoint({ findings, fs }: ImageJob, rescue: Rescue, fd: number | undefined): Promise<void> {
  if (fd === undefined) return;
  await rescue.sync(fd);
  rescue.save(findings.unread, fs);
}
