import { say } from '@e2image/cli';
import { nameOwners } from '@e2image/ext-core';
import type { ImageJob } from './job.ts';

/** Name every block that the image holds as zeros because it could not be read, and what it is. */
export function sayUnread({ fs, walk, findings, world }: ImageJob): void {
  if (findings.unread.length === 0) return;
  for (const { start, count, owner } of nameOwners(fs, walk, findings.unread)) {
    const blocks = count === 1 ? `block ${start}` : `blocks ${start} to ${start + count - 1}`;
    const reason = findings.unread.find((run) => start >= run.start && start < run.start + run.count)?.reason;
    say(world, `${blocks}${owner === undefined ? '' : ` (${owner})`} cannot be read: ${reason}; zeros in the image`);
  }
}
