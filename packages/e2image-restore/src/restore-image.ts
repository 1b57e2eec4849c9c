import {
  CliError,
  EXIT,
  failed,
  inputName,
  NO_PROGRESS,
  refuseOverlap,
  SignalGuard,
  say,
  startProgress,
  tooSmall,
  type World,
} from '@e2image/cli';
import { isUnreadable } from '@e2image/sparse-io';
import { openTarget, type RestoreTarget } from './device/target.ts';
import { type OpenImage, openImage } from './image/open-image.ts';
import type { RestorePlan } from './plan/restore-plan.ts';
import { planWrites, type WritePlan } from './plan/write-plan.ts';
import { listChanges, reportList, reportWrites } from './report.ts';
import { openUndo, runRestore, verifyRestore } from './run-restore.ts';
import { undoCommand } from './undo/undo-command.ts';
import type { UndoFile } from './undo/undo-file.ts';
import { fileStorage, type UndoStorage } from './undo/undo-storage.ts';

/**
 * Put an image back: compare it with the device, report what will be done, do it, and report the result.
 *
 * @returns the exit status: 0 done; 3 done, except for blocks that the image never had or lost by damage; 4 the
 *   verification found a difference
 * @throws CliError and the errors of the libraries, for `commandMain` to report
 */
export async function restoreImage(plan: RestorePlan, world: World): Promise<number> {
  refuseOverlap({ path: plan.image }, { path: plan.device });
  using image = await openImage(plan.image, {
    mapfile: plan.mapfile,
    spoolFolder: plan.spoolFolder,
    onSpool: () => say(world, `${inputName(plan.image)} cannot seek: it is copied to a temporary file first`),
  });
  using target = await openTarget(plan.device, !plan.isDryRun, world);
  // Awaited here: returning the promise would close the device while it is in use.
  return await restoreOnto(target, image, plan, world);
}

/**
 * The part of `restoreImage` after opening.
 *
 * @param storageOf where the undo file with a path is stored
 * @returns and throws as `restoreImage`
 */
export async function restoreOnto(
  target: RestoreTarget,
  image: Pick<OpenImage, 'content' | 'mapfile' | 'modifiedAt'>,
  plan: RestorePlan,
  world: World,
  storageOf: (path: string) => UndoStorage = fileStorage,
): Promise<number> {
  refuseShort(plan, image, target);
  const writes = await planWrites(image.content, target.source, plan).catch((error: unknown) => {
    const files = `${inputName(plan.image)} and ${plan.device}`;
    throw isUnreadable(error) ? failed(error, `while comparing ${files}; nothing was written`) : error;
  });
  reportWrites(plan, image, writes, world);
  refuse(plan, writes, world);
  if (plan.isDryRun) listChanges(writes, world);
  else
    await write(plan, writes, target, { world, storage: plan.undo === undefined ? undefined : storageOf(plan.undo) });
  if (plan.isDryRun || !plan.isVerifyWanted) return statusOf(writes);
  return await verify(plan, writes, target, world);
}

/** A device that ends before the file system cannot hold it. A file can be extended, but only if the user wants that. */
function refuseShort(
  { device, isForced }: RestorePlan,
  { content }: Pick<OpenImage, 'content'>,
  { source, isBlockDevice }: RestoreTarget,
): void {
  const { blocksCount, blockSize } = content.fs;
  const needed = blocksCount * blockSize;
  if (source.size >= needed) return;
  const error = tooSmall(device, { room: source.size, needed });
  if (isBlockDevice) throw error;
  if (!isForced) throw new CliError('CLI_REFUSED', `${error.message}; --force makes the file as long`);
}

function refuse({ isForced }: RestorePlan, writes: WritePlan, world: World): void {
  for (const reason of writes.obstacles) say(world, reason);
  if (writes.obstacles.length > 0) throw new CliError('CLI_REFUSED', 'nothing was written');
  if (writes.refusals.length === 0) return;
  for (const reason of writes.refusals) say(world, isForced ? `warning: ${reason}` : reason);
  if (isForced) return;
  const drop = writes.isJournalRefusal ? ', or --drop-journal restores with an empty journal' : '';
  throw new CliError('CLI_REFUSED', `nothing was written; --force restores all the same${drop}`);
}

/** Whether the image had everything that it should have. */
const statusOf = ({ content: { unread, problems } }: WritePlan): number =>
  unread.length > 0 || problems.some(({ lost }) => lost) ? EXIT.incomplete : EXIT.done;

async function write(
  plan: RestorePlan,
  writes: WritePlan,
  target: RestoreTarget,
  { world, storage }: { readonly world: World; readonly storage: UndoStorage | undefined },
): Promise<void> {
  const isNeeded = writes.runs.length > 0 || writes.superblock.differs;
  const guard = new SignalGuard();
  // Continue an existing undo file; create none if nothing changes.
  const isSaved = storage !== undefined && (isNeeded || storage.exists());
  using undo = isSaved ? await saveOld(plan, writes, target, { storage, guard }) : undefined;
  const advice = (): string => adviceAfterStop(plan, storage);
  if (!isNeeded && undo === undefined) return;
  if (undo === undefined) say(world, 'no undo file: with -z FILE e2undo(8) could undo this');
  const blocks = writes.runs.reduce((sum, { count }) => sum + count, 0);
  const { blockSize } = writes;
  const progress = plan.isProgressWanted
    ? await startProgress(world, { total: blocks, unitSize: blockSize })
    : NO_PROGRESS;
  using _ = guard.add(() => {
    progress.stop();
    say(world, advice());
  });
  try {
    await runRestore(writes, target, { undo, onProgress: (done) => progress.update(done / blockSize) });
  } catch (error) {
    progress.stop();
    throw failed(error, `while restoring ${plan.device}; ${advice()}`);
  }
  progress.finish(blocks);
  say(world, `${plan.device}: restored; check it with e2fsck -f before it is used`);
  if (plan.undo !== undefined) say(world, `to undo: ${undoCommand(plan.undo, plan.device)}`);
}

async function saveOld(
  { undo: path = '' }: RestorePlan,
  writes: WritePlan,
  target: RestoreTarget,
  { storage, guard }: { readonly storage: UndoStorage; readonly guard: SignalGuard },
): Promise<UndoFile> {
  try {
    return await openUndo(writes, target, storage, (cleanup) => guard.add(cleanup));
  } catch (error) {
    throw failed(error, `while saving the old content in ${path}; nothing was written`);
  }
}

const adviceAfterStop = ({ undo, device }: RestorePlan, storage: UndoStorage | undefined): string =>
  undo === undefined || storage?.exists() !== true
    ? 'run it again to complete it'
    : `run it again to complete it, or undo it: ${undoCommand(undo, device)} (with -f if it refuses)`;

async function verify(plan: RestorePlan, writes: WritePlan, target: RestoreTarget, world: World): Promise<number> {
  const wrong = await verifyRestore(writes, target);
  if (wrong.length === 0) {
    say(world, `${plan.device}: verified`);
    return statusOf(writes);
  }
  const lines = wrong.map((block) => `block ${block} on the medium is not what was written`);
  reportList(lines, 'verify', world);
  return EXIT.different;
}
