import { existsSync } from 'node:fs';
import {
  CliError,
  EXIT,
  failed,
  inputName,
  NO_PROGRESS,
  type Progress,
  refuseOverlap,
  SignalGuard,
  say,
  startProgress,
  tooSmall,
  type World,
} from '@e2image/cli';
import { primarySuperblockBlock } from '@e2image/ext-core/structures';
import { isUnreadable } from '@e2image/sparse-io';
import { type OpenTarget, openTarget } from './device/target.ts';
import { type OpenImage, openImage } from './image/open-image.ts';
import { blocksOf, describeDifference, describeImage, namedRuns, runText } from './plan/describe.ts';
import { planRestore, type RestorePlan } from './plan/restore-plan.ts';
import { openUndo, runRestore, verifyRestore } from './restore.ts';
import { undoCommand } from './undo/undo-command.ts';
import type { UndoFile } from './undo/undo-file.ts';

/** What to restore, fully spelled out: what `e2image-restore IMAGE DEVICE` and `e2image -I DEVICE IMAGE` ask for. */
export interface RestoreRequest {
  /** Path of the image; `-` is standard input. */
  readonly image: string;
  /** Path of the device, or of a file that holds the file system. */
  readonly device: string;
  /** Tell what would change, and write nothing. */
  readonly isDryRun: boolean;
  /** Go on where the device or the image is not what it should be. */
  readonly force: boolean;
  /** Restore with an empty journal that need not be replayed. */
  readonly dropJournal: boolean;
  /** Read back from the medium afterwards. */
  readonly verify: boolean;
  /** Show progress. */
  readonly progress: boolean;
  /** Undo file to make; undefined for none. */
  readonly undo: string | undefined;
  /** ddrescue mapfile of the image; undefined for IMAGE.mapfile where it is there. */
  readonly mapfile: string | undefined;
  /** Folder for the spool of an image from a pipe; undefined for $TMPDIR. */
  readonly spoolFolder: string | undefined;
}

/** Lines of any one list that are told; the count tells of the rest. */
const MAX_LINES = 20;

/**
 * Put an image back: plan, say what will be done, do it, say how it went.
 *
 * @returns the exit status: 0 done, 3 done but for what the image never had or lost by damage, 4 verifying failed
 * @throws CliError and the errors of the libraries, for `commandMain` to report
 */
export async function restoreImage(request: RestoreRequest, world: World): Promise<number> {
  refuseOverlap({ path: request.image }, { path: request.device });
  using image = await openImage(request.image, {
    mapfile: request.mapfile,
    spoolFolder: request.spoolFolder,
    onSpool: () => say(world, `${inputName(request.image)} cannot seek: it is copied to a temporary file first`),
  });
  using target = await openTarget(request.device, !request.isDryRun, world);
  refuseShort(request, image, target);
  const plan = await planRestore(image.content, target.source, { dropJournal: request.dropJournal }).catch(
    (error: unknown) => {
      const files = `${inputName(request.image)} and ${request.device}`;
      throw isUnreadable(error) ? failed(error, `while comparing ${files}; nothing was written`) : error;
    },
  );
  tell(request, image, plan, world);
  refuse(request, plan, world);
  if (request.isDryRun) return listChanges(plan, world);
  await write(request, plan, target, world);
  // Awaited here: returning the promise would close the device under it.
  return request.verify ? await verify(request, plan, target, world) : statusOf(plan);
}

/** A device that ends before the file system cannot hold it. A file can grow, but only when that is wanted. */
function refuseShort({ device, force }: RestoreRequest, image: OpenImage, { source, isBlockDevice }: OpenTarget): void {
  const { blocksCount, blockSize } = image.content.fs;
  const needed = blocksCount * blockSize;
  if (source.size >= needed) return;
  const error = tooSmall(device, { room: source.size, needed });
  if (isBlockDevice) throw error;
  if (!force) throw new CliError('CLI_REFUSED', `${error.message}; --force makes the file as long`);
}

function tell(request: RestoreRequest, image: OpenImage, plan: RestorePlan, world: World): void {
  say(world, `${inputName(request.image)}: ${describeImage(plan, image.modifiedAt)}`);
  say(world, `${request.device}: ${describeDifference(plan)}`);
  for (const note of plan.notes) say(world, note);
  const problems = plan.content.problems.filter(({ lost }) => lost).map(({ message }) => message);
  tellList(problems, 'the image is damaged', world);
  const map = image.mapfile === undefined ? '' : ` (${image.mapfile})`;
  const unread = namedRuns(plan, blocksOf(plan.content.unread, plan.blockSize));
  tellList(
    unread.map((run) => `${runText(run)}, ${run.kind}: not in the image${map}`),
    'left alone',
    world,
  );
  tellList(
    plan.unreadable.map((run) => `${runText(run)} cannot be read on ${request.device} now`),
    'unreadable',
    world,
  );
}

function tellList(lines: readonly string[], what: string, world: World): void {
  for (const line of lines.slice(0, MAX_LINES)) say(world, `${what}: ${line}`);
  if (lines.length > MAX_LINES) say(world, `${what}: ${lines.length - MAX_LINES} more`);
}

function refuse({ force }: RestoreRequest, plan: RestorePlan, world: World): void {
  for (const reason of plan.obstacles) say(world, reason);
  if (plan.obstacles.length > 0) throw new CliError('CLI_REFUSED', 'nothing was written');
  if (plan.refusals.length === 0) return;
  for (const reason of plan.refusals) say(world, force ? `warning: ${reason}` : reason);
  if (force) return;
  const drop = plan.isJournalRefusal ? ', or --drop-journal restores with an empty journal' : '';
  throw new CliError('CLI_REFUSED', `nothing was written; --force restores all the same${drop}`);
}

/** The blocks that would change, on standard output: this is what scripts read. */
function listChanges(plan: RestorePlan, world: World): number {
  const superblock = { start: primarySuperblockBlock(plan.content.fs.superblock), count: 1, kind: 'superblock' };
  const runs = [...(plan.superblock.differs ? [superblock] : []), ...namedRuns(plan, plan.runs)];
  for (const run of runs.sort((a, b) => a.start - b.start)) world.stdout(`${runText(run)}: ${run.kind}\n`);
  return statusOf(plan);
}

/** Whether the image had everything that it should have. */
const statusOf = ({ content: { unread, problems } }: RestorePlan): number =>
  unread.length > 0 || problems.some(({ lost }) => lost) ? EXIT.incomplete : EXIT.done;

async function write(request: RestoreRequest, plan: RestorePlan, target: OpenTarget, world: World): Promise<void> {
  const isNeeded = plan.runs.length > 0 || plan.superblock.differs;
  const guard = new SignalGuard();
  using undo = await saveOld(request, plan, target, { isNeeded, guard });
  if (!isNeeded && undo === undefined) return;
  if (undo === undefined) say(world, 'no undo file: with -z FILE e2undo(8) could take this back');
  const blocks = plan.runs.reduce((sum, { count }) => sum + count, 0);
  const { blockSize } = plan;
  const progress = request.progress ? await startProgress(world, { total: blocks, unitSize: blockSize }) : NO_PROGRESS;
  using _ = guard.add(() => {
    progress.stop();
    say(world, interrupted(request));
  });
  try {
    await runRestore(plan, target, { undo, onProgress: (done) => progress.update(done / blockSize) });
  } catch (error) {
    progress.stop();
    throw failed(error, `while restoring ${request.device}; ${interrupted(request)}`);
  }
  finished(request, progress, blocks, world);
}

/** An undo file that is there is gone on with; where nothing is to be done, none is made. */
async function saveOld(
  { undo: path }: RestoreRequest,
  plan: RestorePlan,
  target: OpenTarget,
  { isNeeded, guard }: { readonly isNeeded: boolean; readonly guard: SignalGuard },
): Promise<UndoFile | undefined> {
  const exists = path !== undefined && existsSync(path);
  if (path === undefined || !(exists || isNeeded)) return undefined;
  try {
    return await openUndo(plan, target, { path, exists, protect: (cleanup) => guard.add(cleanup) });
  } catch (error) {
    throw failed(error, `while saving the old content in ${path}; nothing was written`);
  }
}

function finished(request: RestoreRequest, progress: Progress, blocks: number, world: World): void {
  progress.finish(blocks);
  say(world, `${request.device}: restored; check it with e2fsck -f before it is used`);
  if (request.undo !== undefined) say(world, `to undo: ${undoCommand(request.undo, request.device)}`);
}

const interrupted = ({ undo, device }: RestoreRequest): string =>
  undo === undefined || !existsSync(undo)
    ? 'run it again to complete it'
    : `run it again to complete it, or take it back: ${undoCommand(undo, device)} (with -f if it refuses)`;

async function verify(request: RestoreRequest, plan: RestorePlan, target: OpenTarget, world: World): Promise<number> {
  const wrong = await verifyRestore(plan, target);
  if (wrong.length === 0) {
    say(world, `${request.device}: verified`);
    return statusOf(plan);
  }
  tellList(
    wrong.map((block) => `block ${block} on the medium is not what was written`),
    'verify',
    world,
  );
  return EXIT.different;
}
