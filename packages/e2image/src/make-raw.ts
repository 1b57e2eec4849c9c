import { writeOutput } from '@e2image/cli';
import { type ImageJob, JobProgress } from './job.ts';
import { writeRawImage } from './raw-image.ts';
import { openTarget } from './target.ts';

/** Make a raw image. */
export async function makeRaw(job: ImageJob): Promise<void> {
  const { plan, world, fs, source } = job;
  const target = await openTarget(job);
  const progress = new JobProgress(job);
  const write = (): Promise<void> =>
    progress.around(() =>
      writeRawImage({
        fs,
        source,
        sink: target.sink,
        walk: { ...job.walk, wholeTables: target.isBlockDevice },
        targetOffset: plan.targetOffset,
        isPlain: job.isPlain,
        onSelected: (blocks) => progress.start(blocks),
        onProgress: (done) => progress.update(done * fs.blockSize),
      }),
    );
  await (target.output === undefined ? write() : writeOutput(target.output, write));
  if (plan.compare) world.stdout(`${target.equalBlocks()} blocks already contained the data to be copied\n`);
}
