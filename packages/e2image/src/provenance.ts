import { existsSync, readFileSync } from 'node:fs';
import { say } from '@e2image/cli';
import type { BlockSet } from '@e2image/ext-core';
import type { Output } from '@e2image/sparse-io';
import type { ImageJob } from './job.ts';
import { MAPFILE_START, writeMapfile } from './write-mapfile.ts';

/**
 * Before an image gets its name: write down which of its zeros stand for what could not be read. A regular file gets
 * IMAGE.mapfile, and the mapfile that was asked for tells it too.
 *
 * @param selected the blocks that the image was to have
 * @throws CliError CLI_FAILED
 */
export function recordUnread(job: ImageJob, selected: BlockSet, output: Output | undefined): void {
  const { findings, fs, rescue, plan, world } = job;
  const blocks = { read: selected, unread: findings.unread };
  rescue?.save(blocks, fs);
  if (output?.kind !== 'partial-file' && output?.kind !== 'in-place') return;
  const path = `${plan.image}.mapfile`;
  if (findings.unread.length > 0 && rescue?.path !== path) {
    writeMapfile(path, blocks, fs);
    say(world, `${path} says which blocks could not be read`);
  } else if (isOurs(path)) {
    // Left by an earlier image of that name: it must not speak of this one.
    writeMapfile(path, blocks, fs);
  }
}

function isOurs(path: string): boolean {
  return existsSync(path) && readFileSync(path, 'latin1').startsWith(MAPFILE_START);
}
