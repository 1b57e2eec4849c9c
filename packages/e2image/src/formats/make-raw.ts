import { reasonOf, SignalGuard, say, writeOutput } from '@e2image/cli';
import type { Output } from '@e2image/sparse-io';
import { type ImageJob, JobProgress } from '../job/job.ts';
import { recordUnread } from '../output/provenance.ts';
import { openTarget, type Target } from '../output/target.ts';
import type { Rescue } from '../rescue/rescue.ts';
import { SelectedBlocks } from '../select/selection.ts';
import { writeRawImage } from './raw-image.ts';

/** Make a raw image. */
export async function makeRaw(job: ImageJob): Promise<void> {
  const { plan, world, rescue } = job;
  const guard = new SignalGuard();
  const target = await openTarget(job, guard);
  const { output } = target;
  if (output === undefined) await write(job, target);
  else if (rescue === undefined) await writeOutput(output, () => write(job, target), guard);
  else await writeOutput(output, () => writeRescue(job, rescue, { target, output, guard }), guard);
  if (plan.isCompared) world.stdout(`${target.equalBlocks()} blocks already contained the data to be copied\n`);
}

function write(job: ImageJob, target: Target): Promise<void> {
  const { plan, fs, source, rescue } = job;
  const place = { blockSize: fs.blockSize, targetOffset: plan.targetOffset };
  const progress = new JobProgress(job);
  let selected = new SelectedBlocks(job, job.walk);
  return progress.around(() =>
    writeRawImage({
      fs,
      source,
      sink: rescue?.recording(target.sink, place) ?? target.sink,
      select: (walk) => {
        selected = new SelectedBlocks(job, walk);
        return selected;
      },
      walk: { ...job.walk, wholeTables: target.isBlockDevice },
      targetOffset: plan.targetOffset,
      isPlain: job.isPlain,
      ...(plan.isProgressWanted && {
        onSelected: (blocks: number) => progress.start(blocks),
        onProgress: (done: number) => progress.update(done * fs.blockSize),
      }),
      onCopied: () => recordUnread(job, selected, target.output),
      ...(rescue && { done: rescue.done, checkpoint: () => checkpoint(job, rescue, target.output?.fd) }),
    }),
  );
}

interface RescueTarget {
  readonly target: Target;
  readonly output: Output;
  readonly guard: SignalGuard;
}

/** With a mapfile: whatever ends the run, the map says how far it came, and the partial image stays. */
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

/** The last word of a run that did not come to its end. */
function keepMap({ findings, fs, world }: ImageJob, rescue: Rescue, { fd, kind }: Output): void {
  try {
    if (fd === undefined || rescue.syncNow(fd)) {
      rescue.save(findings.unread, fs);
      const goesOn = kind === 'partial-file' || kind === 'block-device';
      say(
        world,
        goesOn ? `stopped; the same command goes on from ${rescue.path}` : `${rescue.path} tells what was read`,
      );
    } else {
      say(world, `${rescue.path} stays as it was: what was written last may not have reached the disk`);
    }
  } catch (error) {
    say(world, `${rescue.path} stays as it was: ${reasonOf(error) ?? String(error)}`);
  }
}

/** What the map says was read must have reached the disk. */
async function checkpoint({ findings, fs }: ImageJob, rescue: Rescue, fd: number | undefined): Promise<void> {
  if (fd === undefined) return;
  await rescue.sync(fd);
  rescue.save(findings.unread, fs);
}
