import {
  codeOf,
  EXIT,
  failed,
  NO_PROGRESS,
  openTarget,
  type Progress,
  readKey,
  say,
  startProgress,
  Warnings,
  type World,
  writeOutput,
} from '@e2image/cli';
import { type OpenDisk, readableDisk } from '@e2image/disk-image';
import { type Filesystem, openFilesystem } from '@e2image/ext-core';
import { type BlockSet, blocksText } from '@e2image/ext-core/walk';
import { describeCounts, type Scrambler, STAYS_VISIBLE, scramblerSteps } from '@e2image/scramble';
import { inBatches, type Output, type Source } from '@e2image/sparse-io';
import { type OpenImage, openImage } from './image.ts';
import type { ScramblePlan } from './plan.ts';
import { type ScrambledDisk, writeRaw, writeScrambledQcow2 } from './write-image.ts';

/**
 * Scramble as planned.
 *
 * @returns the exit status
 * @throws CliError
 */
export async function runScramble(plan: ScramblePlan, world: World): Promise<number> {
  const key = readKey(plan.keyFile, world);
  const input = await openImage(plan.image, {
    ...(plan.spoolFolder !== undefined && { folder: plan.spoolFolder }),
    ...(plan.isProgressWanted && { onSpool: () => say(world, 'the image cannot seek: it is spooled first') }),
  });
  const warnings = new Warnings((line) => say(world, line));
  try {
    const fs = openInside(input, plan, warnings);
    const onProblem = warnings.warn.bind(warnings);
    const select = { selection: 'complete', onProblem } as const;
    const scrambler = await inBatches(scramblerSteps(fs, { key, index: plan.index, select, onProblem }));
    await writeScrambled({ plan, world, input, fs, blocks: scrambler.selected, scrambler, warnings });
    report(scrambler, world);
  } finally {
    input.close();
  }
  warnings.close();
  return warnings.isIncomplete ? EXIT.incomplete : EXIT.done;
}

function openInside({ source, headError }: OpenImage, { image }: ScramblePlan, warnings: Warnings): Filesystem {
  try {
    return openFilesystem(source, { onProblem: warnings.warn.bind(warnings) });
  } catch (error) {
    // Without its first bytes nobody knows what it is: that no superblock was found is not the reason then.
    const reason = codeOf(error) === 'EXT_BAD_MAGIC' ? (headError ?? error) : error;
    throw failed(reason, `while trying to open ${image}`);
  }
}

interface Writing {
  readonly plan: ScramblePlan;
  readonly world: World;
  readonly input: OpenDisk;
  readonly fs: Filesystem;
  readonly blocks: BlockSet;
  readonly scrambler: Scrambler;
  readonly warnings: Warnings;
}

async function writeScrambled(writing: Writing): Promise<void> {
  const { plan, world, fs, input, blocks, scrambler } = writing;
  const isQcow2 = (plan.format ?? input.format) === 'qcow2';
  // The size of a QCOW2 image is not known before it is written.
  const size = isQcow2 ? undefined : fs.blocksCount * fs.blockSize;
  const output = await openTarget(plan.out, world, { isForced: plan.isForced, size });
  const total = blocks.size;
  const progress = plan.isProgressWanted ? await startProgress(world, { total, unitSize: fs.blockSize }) : NO_PROGRESS;
  const disk: ScrambledDisk = {
    source: scrambler.source(readable(writing)),
    blocks,
    blockSize: fs.blockSize,
    blocksCount: fs.blocksCount,
    unread: input.image?.info.unread ?? [],
  };
  await fill(output, isQcow2 ? writeScrambledQcow2 : writeRaw, disk, { plan, progress });
  progress.finish(total);
}

async function fill(
  output: Output,
  write: typeof writeRaw,
  disk: ScrambledDisk,
  { plan, progress }: { readonly plan: ScramblePlan; readonly progress: Progress },
): Promise<void> {
  try {
    await writeOutput(output, (sink) =>
      write(disk, sink, (done) => progress.update(Math.floor(done / disk.blockSize))),
    );
  } catch (error) {
    progress.stop();
    throw failed(error, `while scrambling ${plan.image} to ${plan.out}`);
  }
}

/** The file system to its last block. Unreadable bytes are zeros, and are reported. */
function readable({ fs, warnings }: Writing): Source {
  const { blockSize, blocksCount } = fs;
  return readableDisk(fs.source, {
    blockSize,
    size: blocksCount * blockSize,
    onUnreadable: ({ offset, length, reason }) => {
      const start = Math.floor(offset / blockSize);
      const what = blocksText({ start, count: Math.ceil((offset + length) / blockSize) - start });
      const message = `${what} cannot be read: ${reason}; zeros in the output`;
      warnings.warn({ code: 'unreadable-content', message, lost: true });
    },
  });
}

function report(scrambler: Scrambler, world: World): void {
  say(world, `hidden: ${describeCounts(scrambler.report()).join(', ') || 'nothing'}`);
  say(world, `what stays visible: ${STAYS_VISIBLE}`);
}
