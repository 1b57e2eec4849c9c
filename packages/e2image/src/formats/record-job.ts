import type { Output } from '@e2image/sparse-io';
import type { ImageJob } from '../job/image-job.ts';
import { recordUnread } from '../output/record-unread.ts';
import type { SelectedBlocks } from '../select/selected-blocks.ts';

/** Record the unread blocks of a job: see `recordUnread`. */
export const recordJob = (
  { plan, world, fs, findings, rescue }: ImageJob,
  selected: Pick<SelectedBlocks, 'windows'>,
  output: Output | undefined,
): Promise<void> =>
  recordUnread({ image: plan.image, world, fs, unread: findings.unread, mapfile: rescue?.path }, selected, output);
