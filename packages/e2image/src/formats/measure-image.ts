import { planNormalImage } from '@e2image/normal-image';
import type { ImageJob } from '../job/image-job.ts';

/**
 * The exact number of bytes that a pipe would get, before the first of them is written: for stores that need the size in advance.
 *
 * @throws CliError; ExtError and Qcow2Error for images that cannot be
 */
export async function measureImage(job: ImageJob): Promise<number> {
  const { fs, plan } = job;
  if (plan.format === 'raw') return plan.targetOffset + fs.blocksCount * fs.blockSize;
  if (plan.format === 'qcow2') return (await import('./make-qcow2.ts')).measureQcow2(job);
  return planNormalImage(fs, NOBODY).sections.size;
}

/** The size does not depend on these fields. */
const NOBODY = { hostName: '', deviceName: '', deviceNumber: 0, imageDevice: 0, imageInode: 0, createdAt: 0 };
