import { CliError, EXIT, reasonOf, say, type World, writeOutput } from '@e2image/cli';
import type { Qcow2Image } from '@e2image/qcow2';
import { copyRuns, isolateErrors, type Sink, type Source } from '@e2image/sparse-io';
import { progressAround, startWantedProgress } from '../job/progress-around.ts';
import { recordUnread } from '../output/record-unread.ts';
import { openRawTarget } from '../output/target.ts';
import type { SavePlan } from '../plan/save-plan.ts';
import { UnreadBlocks } from '../rescue/unread-blocks.ts';
import { everyBlock } from '../select/selected-blocks.ts';

/** Bytes per block, as no file system gives one: the unit of zero tests, comparing, counting and unreadable ranges. */
const UNIT = 4096;

/**
 * Write the whole disk of a QCOW2 image, made by any program, as a raw image. What the image does not hold reads as
 * zeros from the target, unless the plan keeps the old contents.
 *
 * @returns the exit status
 * @throws CliError CLI_REFUSED with a mapfile: a mapfile makes sense only for a failing disk, not for an image
 */
export async function convertToRaw(
  image: Qcow2Image,
  plan: SavePlan,
  world: World,
  open = openRawTarget,
): Promise<number> {
  if (plan.mapfile !== undefined) throw new CliError('CLI_REFUSED', '--mapfile is for disks, not for a QCOW2 image');
  const lost = new UnreadBlocks();
  const source = isolateErrors(image, {
    blockSize: UNIT,
    onBad: ({ offset, error }) => lost.add(Math.floor(offset / UNIT), 1, reasonOf(error) ?? 'unknown error'),
  });
  const fs = { blockSize: UNIT, blocksCount: Math.ceil(image.size / UNIT) };
  const target = await open({ plan, world, fs, size: image.size });
  const fill = (sink: Sink): Promise<void> =>
    copyDisk(source, sink, plan, world, () =>
      recordUnread({ image: plan.image, world, fs, unread: lost }, everyBlock(fs), target.output),
    );
  await (target.output === undefined ? fill(target.sink) : writeOutput(target.output, () => fill(target.sink)));
  sayLost(lost, image.size, world);
  if (plan.isCompared) world.stdout(`${target.equalBlocks()} blocks already contained the data to be copied\n`);
  return lost.isEmpty ? EXIT.done : EXIT.incomplete;
}

async function copyDisk(
  source: Source,
  sink: Sink,
  plan: SavePlan,
  world: World,
  onCopied: () => Promise<void>,
): Promise<void> {
  const total = Math.ceil(source.size / UNIT);
  const progress = await startWantedProgress(plan, world, { total, unitSize: UNIT });
  await progressAround(plan, progress, total, async () => {
    await copyRuns(source, plan.isUnallocatedKept ? keepingHoles(sink) : sink, {
      sinkOffset: plan.targetOffset,
      onProgress: (bytes) => progress.update(Math.floor(bytes / UNIT)),
    });
    await onCopied();
    await sink.finish(plan.targetOffset + source.size);
  });
}

function sayLost({ first, runCount }: UnreadBlocks, size: number, world: World): void {
  for (const { start, count, reason } of first) {
    const end = Math.min(size, (start + count) * UNIT);
    say(world, `bytes ${start * UNIT} to ${end - 1} cannot be read: ${reason}; zeros in the image`);
  }
  const more = runCount - first.length;
  if (more > 0) say(world, `${more} more such ranges`);
}

/** As the C tool does: the target keeps its contents where the image holds nothing. */
function keepingHoles(sink: Sink): Sink {
  return {
    isSequential: sink.isSequential,
    ...(sink.buffer && { buffer: () => sink.buffer?.() }),
    writeAt: (bytes, offset) => sink.writeAt(bytes, offset),
    zero: (offset, length) => sink.skip(offset, length),
    skip: (offset, length) => sink.skip(offset, length),
    finish: (size) => sink.finish(size),
    abort: () => sink.abort(),
  };
}
