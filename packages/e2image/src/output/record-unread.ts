import { existsSync, fdatasync } from 'node:fs';
import { promisify } from 'node:util';
import { say, type World } from '@e2image/cli';
import { FileSource, mapfileOf, type Output } from '@e2image/sparse-io';
import type { UnreadBlocks } from '../rescue/unread-blocks.ts';
import { MAPFILE_START, MapfileWriter } from '../rescue/write-mapfile.ts';
import type { SelectedBlocks } from '../select/selected-blocks.ts';

const fdatasyncAsync = promisify(fdatasync);

/** An image as far as a mapfile describes it. */
export interface RecordedImage {
  /** Path of the image; `-` is standard output. */
  readonly image: string;
  readonly world: World;
  readonly fs: { readonly blockSize: number; readonly blocksCount: number };
  /** The blocks that are zeros in the image because they could not be read. */
  readonly unread: UnreadBlocks;
  /** The mapfile that the user asked for. */
  readonly mapfile?: string | undefined;
}

/**
 * Record which zeros of an image stand for blocks that could not be read. Call it before the image gets its name. An
 * image in a regular file gets IMAGE.mapfile; the mapfile that the user asked for is written, too.
 *
 * @param selected the blocks that the image was to have
 * @throws CliError CLI_FAILED; system errors of syncing the image
 */
export async function recordUnread(
  recorded: RecordedImage,
  selected: Pick<SelectedBlocks, 'windows'>,
  output: Output | undefined,
): Promise<void> {
  const { image, mapfile, unread, world } = recorded;
  if (mapfile !== undefined) await writeMapfile(mapfile, recorded, selected);
  if (output?.kind !== 'partial-file' && output?.kind !== 'in-place') return;
  const path = mapfileOf(image);
  const isNeeded = !unread.isEmpty && mapfile !== path;
  // A mapfile of an earlier image with this name would be wrong for the new one, so it is replaced.
  if (!isNeeded && !isOurs(path)) return;
  // Sync first: until the image is complete the earlier image still has the name, and its mapfile describes it.
  if (output.fd !== undefined) await fdatasyncAsync(output.fd);
  await writeMapfile(path, recorded, selected);
  if (isNeeded) say(world, `${path} says which blocks could not be read`);
}

async function writeMapfile(
  path: string,
  { unread, fs }: RecordedImage,
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
