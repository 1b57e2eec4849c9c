import {
  EXIT,
  failed,
  NO_PROGRESS,
  openTarget,
  type Progress,
  readKey,
  reasonOf,
  say,
  startProgress,
  type World,
  writeOutput,
} from '@e2image/cli';
import { type Filesystem, openFilesystem } from '@e2image/ext-core';
import type { BlockSet } from '@e2image/ext-core/walk';
import { describeCounts, type Scrambler, STAYS_VISIBLE, scramblerSteps } from '@e2image/scramble';
import { fullLength, inBatches, isolateErrors, type Output, type Source } from '@e2image/sparse-io';
import { Findings } from './findings.ts';
import { openImage, type ScrambleInput } from './image.ts';
import type { ScramblePlan } from './plan.ts';
import { type ScrambledDisk, writeQcow2, writeRaw } from './write-image.ts';

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
  const findings = new Findings(world);
  try {
    const fs = openInside(input, plan, findings);
    const onProblem = findings.problem.bind(findings);
    const select = { selection: 'complete', onProblem } as const;
    const scrambler = await inBatches(scramblerSteps(fs, { key, index: plan.index, select, onProblem }));
    await writeScrambled({ plan, world, input, fs, blocks: scrambler.selected, scrambler, findings });
    report(scrambler, world);
  } finally {
    input.close();
  }
  findings.close();
  return findings.isLost ? EXIT.incomplete : EXIT.done;
}

function openInside({ disk }: ScrambleInput, { image }: ScramblePlan, findings: Findings): Filesystem {
  try {
    return openFilesystem(disk, { onProblem: findings.problem.bind(findings) });
  } catch (error) {
    throw failed(error, `while trying to open ${image}`);
  }
}

interface Writing {
  readonly plan: ScramblePlan;
  readonly world: World;
  readonly input: ScrambleInput;
  readonly fs: Filesystem;
  readonly blocks: BlockSet;
  readonly scrambler: Scrambler;
  readonly findings: Findings;
}

async function writeScrambled(writing: Writing): Promise<void> {
  const { plan, world, fs, input, blocks, scrambler } = writing;
  const isQcow2 = (plan.format ?? (input.qcow2 ? 'qcow2' : 'raw')) === 'qcow2';
  // A QCOW2 image grows as it is written: how long it will be is not known before.
  const size = isQcow2 ? undefined : fs.blocksCount * fs.blockSize;
  const output = await openTarget(plan.out, world, { isForced: plan.isForced, size });
  const total = blocks.size;
  const progress = plan.isProgressWanted ? await startProgress(world, { total, unitSize: fs.blockSize }) : NO_PROGRESS;
  const disk: ScrambledDisk = {
    source: scrambler.source(readable(writing)),
    blocks,
    blockSize: fs.blockSize,
    blocksCount: fs.blocksCount,
    unread: input.qcow2?.info.unread ?? [],
  };
  await fill(output, isQcow2 ? writeQcow2 : writeRaw, disk, { plan, progress });
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

/** The file system to its last block: what cannot be read is zeros, and told. */
function readable({ fs, findings }: Writing): Source {
  const { blockSize, blocksCount } = fs;
  const lost = (what: string, reason: string): void => {
    const message = `${what} cannot be read: ${reason}; zeros in the output`;
    findings.problem({ code: 'unreadable-content', message, lost: true });
  };
  const source = isolateErrors(fs.source, {
    blockSize,
    onBad: ({ offset, error }) => lost(`block ${Math.floor(offset / blockSize)}`, reasonOf(error) ?? 'unknown error'),
  });
  return fullLength(source, {
    size: blocksCount * blockSize,
    onMissing: (offset, length) =>
      lost(`bytes ${offset} to ${offset + length - 1}`, `the source ends at byte ${fs.source.size}`),
  });
}

function report(scrambler: Scrambler, world: World): void {
  say(world, `hidden: ${describeCounts(scrambler.report()).join(', ') || 'nothing was there to hide'}`);
  say(world, `what stays visible: ${STAYS_VISIBLE}`);
}
