import { existsSync, fdatasync } from 'node:fs';
import { promisify } from 'node:util';
import { say } from '@e2image/cli';
import { FileSource, mapfileOf, type Output } from '@e2image/sparse-io';
import type { Findings } from '../job/findings.ts';
import type { ImageJob } from '../job/job.ts';
import { MAPFILE_START, MapfileWriter } from '../rescue/write-mapfile.ts';
import type { SelectedBlocks } from '../select/selection.ts';

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
export async function recordUnread(
  job: Recorded,
  selected: Pick<SelectedBlocks, 'windows'>,
  output: Output | undefined,
): Promise<void> {
  const { findings, rescue, plan, world } = job;
  if (rescue !== undefined) await writeMapfile(rescue.path, job, selected);
  if (output?.kind !== 'partial-file' && output?.kind !== 'in-place') return;
  const path = mapfileOf(plan.image);
  const isNeeded = !findings.unread.isEmpty && rescue?.path !== path;
  // One that an earlier image of that name left must not speak of this one.
  if (!isNeeded && !isOurs(path)) return;
  // Only when nothing but the name is missing: until then the earlier image is there, and its mapfile speaks of it.
  if (output.fd !== undefined) await fdatasyncAsync(output.fd);
  await writeMapfile(path, job, selected);
  if (isNeeded) say(world, `${path} says which blocks could not be read`);
}

async function writeMapfile(
  path: string,
  { findings: { unread }, fs }: Recorded,
  selected: Pick<SelectedBlocks, 'windows'>,
): Promise<void> {
  const { blockSize, blocksCount } = fs;
  const writer = new MapfileWriter(path, { isWhole: unread.isEmpty });
  for await (const window of selected.windows()) {
    const part = { blockSize, from: window.from, to: Math.min(window.end, blocksCount) };
    writer.add({ read: window.runs(), unread: unread.blocks.runs() }, part);
  }
  writer.finish();
}

function isOurs(path: string): boolean {
  if (!existsSync(path)) return false;
  using file = FileSource.open(path);
  const start = new Uint8Array(Math.min(MAPFILE_START.length, file.size));
  file.readAt(start, 0);
  return new TextDecoder().decode(start) === MAPFILE_START;
}
