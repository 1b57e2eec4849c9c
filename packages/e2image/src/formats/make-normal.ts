import { fstatSync, statSync } from 'node:fs';
import { hostname } from 'node:os';
import { writeOutput } from '@e2image/cli';
import { type ImageIdentity, planNormalImage, writeNormalImage } from '@e2image/normal-image';
import type { ImageJob } from '../job/image-job.ts';
import { JobProgress } from '../job/job-progress.ts';
import { openWholeOutput } from '../output/open-whole-output.ts';
import { everyBlock } from '../select/selected-blocks.ts';
import { recordJob } from './record-job.ts';

/**
 * Make a normal image: the format of `dumpe2fs -i` and `debugfs -i`.
 *
 * @param open opens the output
 */
export async function makeNormal(job: ImageJob, open = openWholeOutput): Promise<void> {
  const { fs, walk, findings } = job;
  const progress = new JobProgress(job);
  // The layout can be refused: plan it before the output is opened.
  planNormalImage(fs, identityOf(job, undefined));
  const output = await open(job.plan, job.world);
  const plan = planNormalImage(fs, identityOf(job, output.fd ?? (output.kind === 'stream' ? 1 : undefined)));
  await writeOutput(output, (sink) =>
    progress.around(async () => {
      const { size } = plan.sections;
      await progress.start(size / fs.blockSize);
      const onProgress = (bytes: number): void => progress.update(bytes);
      const transform = job.scrambler?.transform.bind(job.scrambler);
      const { unread } = await writeNormalImage(plan, { sink, transform, onProblem: walk.onProblem, onProgress });
      // The image has a backup of these descriptors: they must not count as read.
      for (const block of fs.unreadDescBlocks) unread.add(block);
      for (const { start, count } of unread.runs()) findings.unreadable(start, count, 'Input/output error');
      await recordJob(job, everyBlock(fs), output);
      await sink.finish(size);
    }),
  );
}

/**
 * Where, from which device and when the image is made. With `-s` the names of host and device are empty.
 *
 * @param fd the image, if it is open already
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
