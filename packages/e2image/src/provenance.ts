import { existsSync, fdatasync, readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { say } from '@e2image/cli';
import type { BlockSet } from '@e2image/ext-core';
import { mapfileOf, type Output } from '@e2image/sparse-io';
import type { Findings } from './findings.ts';
import type { ImageJob } from './job.ts';
import { MAPFILE_START, writeMapfile } from './write-mapfile.ts';

const fdatasyncAsync = promisify(fdatasync);

/** What was imaged, as far as a mapfile tells of it. */
export interface Recorded extends Pick<ImageJob, 'plan' | 'world'> {
  readonly fs: { readonly blockSize: number; readonly blocksCount: number };
  readonly findings: Pick<Findings, 'unread'>;
  readonly rescue?: ImageJob['rescue'];
}

/**
 * Before an image gets its name: write down which of its zeros stand for what could not be read. A regular file gets
 * IMAGE.mapfile, and the mapfile that was asked for tells it too.
 *
 * @param selected the blocks that the image was to have
 * @throws CliError CLI_FAILED; system errors of bringing the image to the disk
 */
export async function recordUnread(job: Recorded, selected: BlockSet, output: Output | undefined): Promise<void> {
  const { findings, fs, rescue, plan, world } = job;
  const blocks = { read: selected, unread: findings.unread };
  rescue?.save(blocks, fs);
  if (output?.kind !== 'partial-file' && output?.kind !== 'in-place') return;
  const path = mapfileOf(plan.image);
  const isNeeded = findings.unread.length > 0 && rescue?.path !== path;
  // One that an earlier image of that name left must not speak of this one.
  if (!isNeeded && !isOurs(path)) return;
  // Only when nothing but the name is missing: until then the earlier image is there, and its mapfile speaks of it.
  if (output.fd !== undefined) await fdatasyncAsync(output.fd);
  writeMapfile(path, blocks, fs);
  if (isNeeded) say(world, `${path} says which blocks could not be read`);
}

function isOurs(path: string): boolean {
  return existsSync(path) && readFileSync(path, 'latin1').startsWith(MAPFILE_START);
}
