import { say } from '@e2image/cli';
import { BlockSet, blocksText, nameOwners } from '@e2image/ext-core/walk';
import type { ImageJob } from './image-job.ts';

/** Ranges that are printed one by one: a mapfile has the complete list. */
const MAX_LINES = 1000;
/** Pieces whose owners are looked for: one run may cover a million inode tables. */
const MAX_NAMED = 4 * MAX_LINES;

/** What replaces a block. A normal image has only one descriptor table, and a backup of it is better than zeros. */
function replacementFor({ format }: ImageJob['plan'], owner: string | undefined): string {
  return format === 'normal' && owner?.startsWith('group descriptors') ? 'their backup' : 'zeros';
}

/** Report every block that the image holds as zeros because it could not be read, and what the block belongs to. */
export function sayUnread({
  fs,
  plan,
  walk,
  findings,
  world,
}: Pick<ImageJob, 'fs' | 'plan' | 'walk' | 'findings' | 'world'>): void {
  const { first } = findings.unread;
  if (findings.unread.isEmpty) return;
  const ascending = new BlockSet();
  for (const { start, count } of first) ascending.add(start, count);
  const named = nameOwners(fs, walk, [...ascending.runs()], MAX_NAMED);
  for (const { start, count, owner } of named.slice(0, MAX_LINES)) {
    const blocks = blocksText({ start, count });
    const reason = first.find((run) => start >= run.start && start < run.start + run.count)?.reason;
    say(
      world,
      `${blocks}${owner === undefined ? '' : ` (${owner})`} cannot be read: ${reason}; ${replacementFor(plan, owner)} in the image`,
    );
  }
  const more = Math.max(named.length, findings.unread.runCount) - MAX_LINES;
  if (more > 0) say(world, `${more} more such ranges; a mapfile (--mapfile) has all of them`);
}
