import { inputName, say, type World } from '@e2image/cli';
import { primarySuperblockBlock } from '@e2image/ext-core/structures';
import { blocksText } from '@e2image/ext-core/walk';
import type { OpenImage } from './image/open-image.ts';
import { blocksOf, describeDifference, describeImage, namedRuns } from './plan/describe.ts';
import type { RestorePlan } from './plan/restore-plan.ts';
import type { WritePlan } from './plan/write-plan.ts';

/** Lines of one list that are printed; the others are only counted. */
const MAX_LINES = 20;

/** Report what an image is, how the device differs, and all that is missing or unreadable. */
export function reportWrites(
  plan: Pick<RestorePlan, 'image' | 'device'>,
  image: Pick<OpenImage, 'mapfile' | 'modifiedAt'>,
  writes: WritePlan,
  world: World,
): void {
  say(world, `${inputName(plan.image)}: ${describeImage(writes, image.modifiedAt)}`);
  say(world, `${plan.device}: ${describeDifference(writes)}`);
  for (const note of writes.notes) say(world, note);
  const problems = writes.content.problems.filter(({ lost }) => lost).map(({ message }) => message);
  reportList(problems, 'the image is damaged', world);
  const map = image.mapfile === undefined ? '' : ` (${image.mapfile})`;
  const unread = namedRuns(writes, blocksOf(writes.content.unread, writes.blockSize));
  const left = unread.map((run) => `${blocksText(run)}, ${run.kind}: not in the image${map}`);
  reportList(left, 'left alone', world);
  const unreadable = writes.unreadable.map((run) => `${blocksText(run)} cannot be read on ${plan.device} now`);
  reportList(unreadable, 'unreadable', world);
}

/** Print a list, one line each, the first `MAX_LINES` of it. @param what the start of each line */
export function reportList(lines: readonly string[], what: string, world: World): void {
  for (const line of lines.slice(0, MAX_LINES)) say(world, `${what}: ${line}`);
  if (lines.length > MAX_LINES) say(world, `${what}: ${lines.length - MAX_LINES} more`);
}

/** Print the blocks that would change on standard output, where scripts read them. */
export function listChanges(writes: WritePlan, world: World): void {
  const superblock = { start: primarySuperblockBlock(writes.content.fs.superblock), count: 1, kind: 'superblock' };
  const runs = [...(writes.superblock.differs ? [superblock] : []), ...namedRuns(writes, writes.runs)];
  for (const run of runs.sort((a, b) => a.start - b.start)) world.stdout(`${blocksText(run)}: ${run.kind}\n`);
}
