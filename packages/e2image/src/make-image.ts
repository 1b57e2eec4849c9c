import { EXIT, say, type World } from '@e2image/cli';
import type { OpenDisk } from '@e2image/disk-image';
import { makeRaw } from './formats/make-raw.ts';
import { refuseUnsafe } from './input/guards.ts';
import { watchMountedSource } from './input/mounted-source.ts';
import { openDevice } from './input/open-device.ts';
import { Findings } from './job/findings.ts';
import { type ImageJob, openJob } from './job/image-job.ts';
import { sayUnread } from './job/say-unread.ts';
import { sayHidden } from './job/scrambling.ts';
import { printBlocks } from './output/print-blocks.ts';
import type { SavePlan } from './plan/save-plan.ts';
import { SelectedBlocks } from './select/selected-blocks.ts';

/** How each format is made. Raw images are the most frequent; the others are loaded on demand. */
const FORMATS: Readonly<Record<SavePlan['format'], () => Promise<(job: ImageJob) => Promise<void>>>> = {
  normal: async () => (await import('./formats/make-normal.ts')).makeNormal,
  qcow2: async () => (await import('./formats/make-qcow2.ts')).makeQcow2,
  raw: async () => makeRaw,
};

/**
 * Make an image as planned.
 *
 * @returns the exit status
 * @throws CliError; errors of the system with what was being done
 */
export async function makeImage(plan: SavePlan, world: World): Promise<number> {
  refuseUnsafe(plan, world);
  const device = await openDevice(plan, world);
  const sayChanges = watchMountedSource(plan, world);
  try {
    if (device.image !== undefined && isConversion(plan) && plan.measure === undefined) {
      const { convertToRaw } = await import('./formats/convert-to-raw.ts');
      return await convertToRaw(device.image, plan, world);
    }
    const status = await saveFilesystem(device, plan, world);
    sayChanges();
    return status;
  } finally {
    device.close();
  }
}

/** `-r` on a QCOW2 image converts all of it, unless an option is about the file system inside. */
function isConversion({ format, isScrambled, superblockBlock, blockSize, sourceOffset }: SavePlan): boolean {
  const isAboutInside = isScrambled || superblockBlock !== undefined || blockSize !== undefined || sourceOffset > 0;
  return format === 'raw' && !isAboutInside;
}

async function saveFilesystem(device: OpenDisk, plan: SavePlan, world: World): Promise<number> {
  const findings = new Findings((line) => say(world, line));
  const job = await openJob(device.source, { plan, world, findings });
  if (plan.measure !== undefined) return printSize(job, plan.measure);
  const make = plan.isDryRun && plan.format !== 'raw' ? printSelected : await FORMATS[plan.format]();
  await make(job);
  findings.close();
  sayUnread(job);
  await sayHidden(job.scrambler, world);
  return findings.isIncomplete ? EXIT.incomplete : EXIT.done;
}

/** The dry run of the formats that store the selected blocks only. */
function printSelected({ fs, source, walk, scrambler, world }: ImageJob): Promise<void> {
  const selected = new SelectedBlocks(fs, { walk, known: scrambler?.selected });
  return printBlocks(source, selected, { blockSize: fs.blockSize, print: (text) => world.stdout(text) });
}

async function printSize(job: ImageJob, style: 'text' | 'json'): Promise<number> {
  const { measureImage } = await import('./formats/measure-image.ts');
  const bytes = await measureImage(job);
  job.world.stdout(style === 'json' ? `${JSON.stringify({ format: job.plan.format, bytes })}\n` : `${bytes}\n`);
  job.findings.close();
  return job.findings.isIncomplete ? EXIT.incomplete : EXIT.done;
}
