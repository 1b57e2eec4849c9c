import { fdatasync } from 'node:fs';
import { promisify } from 'node:util';
import { SignalGuard, say, writeOutput } from '@e2image/cli';
import { type ImageJob, JobProgress } from './job.ts';
import { recordUnread } from './provenance.ts';
import { writeRawImage } from './raw-image.ts';
import { selectOf } from './selection.ts';
import { openTarget, type Target } from './target.ts';

const fdatasyncAsync = promisify(fdatasync);

/** Make a raw image. */
export async function makeRaw(job: ImageJob): Promise<void> {
  const { plan, world, rescue } = job;
  const target = await openTarget(job);
  const { output } = target;
  if (output === undefined) {
    await write(job, target);
  } else if (rescue === undefined) {
    await writeOutput(output, () => write(job, target));
  } else {
    await writeRescue(job, target);
  }
  if (plan.compare) world.stdout(`${target.equalBlocks()} blocks already contained the data to be copied\n`);
}

function write(job: ImageJob, target: Target): Promise<void> {
  const { plan, fs, source, rescue } = job;
  const progress = new JobProgress(job);
  return progress.around(() =>
    writeRawImage({
      fs,
      source,
      sink: target.sink,
      select: (walk) => selectOf(job, walk),
      walk: { ...job.walk, wholeTables: target.isBlockDevice },
      targetOffset: plan.targetOffset,
      isPlain: job.isPlain,
      ...(plan.progress && {
        onSelected: (blocks: number) => progress.start(blocks),
        onProgress: (done: number) => progress.update(done * fs.blockSize),
      }),
      onCopied: (selected) => recordUnread(job, selected, target.output),
      ...(rescue && { done: rescue.done, checkpoint: () => checkpoint(job, target) }),
    }),
  );
}

/** With a mapfile: whatever ends the run, the map says how far it came, and the partial image stays. */
async function writeRescue(job: ImageJob, target: Target): Promise<void> {
  const { rescue, world } = job;
  const { output } = target;
  if (rescue === undefined || output === undefined) return;
  const guard = new SignalGuard();
  const keep = (): void => {
    try {
      rescue.save({ read: rescue.done, unread: job.findings.unread }, job.fs);
      say(world, `stopped; the same command goes on from ${rescue.path}`);
    } catch (error) {
      say(world, `${rescue.path} could not be written: ${String(error)}`);
    }
  };
  using _ = guard.add(keep);
  try {
    await writeOutput(output, () => write(job, target), guard);
  } catch (error) {
    keep();
    throw error;
  }
}

/** What the map says was read must have reached the disk. */
async function checkpoint({ rescue, findings, fs }: ImageJob, { output }: Target): Promise<void> {
  if (output?.fd === undefined) return;
  await fdatasyncAsync(output.fd);
  rescue?.save({ read: rescue.done, unread: findings.unread }, fs);
}
