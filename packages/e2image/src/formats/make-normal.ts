import { fstatSync, statSync } from 'node:fs';
import { hostname } from 'node:os';
import { writeOutput } from '@e2image/cli';
import { type ImageJob, JobProgress } from '../job/job.ts';
import { openWholeOutput } from '../output/open-output.ts';
import { recordUnread } from '../output/provenance.ts';
import { everyBlock } from '../select/selection.ts';
import { type ImageIdentity, planNormalImage, writeNormalImage } from './normal-image.ts';

/** Make a normal image: the format of `dumpe2fs -i` and `debugfs -i`. */
export async function makeNormal(job: ImageJob): Promise<void> {
  const { fs, walk, findings } = job;
  const progress = new JobProgress(job);
  // The layout can be refused; the output is opened behind that.
  planNormalImage(fs, identityOf(job, undefined));
  const output = await openWholeOutput(job);
  const plan = planNormalImage(fs, identityOf(job, output.fd ?? (output.kind === 'stream' ? 1 : undefined)));
  await writeOutput(output, (sink) =>
    progress.around(async () => {
      const { size } = plan.sections;
      await progress.start(size / fs.blockSize);
      const onProgress = (bytes: number): void => progress.update(bytes);
      const transform = job.scrambler?.transform.bind(job.scrambler);
      const { unread } = await writeNormalImage(plan, { sink, transform, onProblem: walk.onProblem, onProgress });
      // Of descriptors the image has a backup, which must not pass for the table.
      for (const block of fs.unreadDescBlocks) unread.add(block);
      for (const { start, count } of unread.runs()) findings.unreadable(start, count, 'Input/output error');
      await recordUnread(job, everyBlock(fs), output);
      await sink.finish(size);
    }),
  );
}

/**
 * Who made the image, of what, and when. Under `-s` the host and the device have no names.
 *
 * @param fd the image, where it is open already
 */
function identityOf({ plan, world }: ImageJob, fd: number | undefined): ImageIdentity {
  const image = fd === undefined ? undefined : fstatSync(fd);
  const device = plan.device === '-' ? undefined : statSync(plan.device, { throwIfNoEntry: false });
  return {
    hostName: plan.isScrambled ? '' : hostname(),
    deviceName: plan.isScrambled ? '' : plan.device,
    deviceNumber: (device?.rdev ?? 0) >>> 0,
    imageDevice: (image?.dev ?? 0) >>> 0,
    imageInode: (image?.ino ?? 0) >>> 0,
    createdAt: Math.floor(world.now().getTime() / 1000),
  };
}
