import { existsSync, statSync } from 'node:fs';
import { failed, inputName } from '@e2image/cli';
import { EXT_MAGIC, SUPERBLOCK_OFFSET, superblockLayout } from '@e2image/ext-core/structures';
import { isImageHeader } from '@e2image/normal-image';
import { loadCodec, openQcow2 } from '@e2image/qcow2';
import {
  type ByteRange,
  isUnreadable,
  mapfileOf,
  openSeekable,
  readMapfile,
  type Source,
  unreadRanges,
  windowOf,
} from '@e2image/sparse-io';
import { RestoreError } from '../base/errors.ts';
import type { ImageContent } from './content.ts';
import { normalContent } from './normal-content.ts';
import { rawContent } from './raw-content.ts';

/** An image and what it has for the device; the files behind it are open until it is disposed. */
export interface OpenImage extends Disposable {
  readonly content: ImageContent;
  /** When the file was last written, in seconds since 1970; undefined for a stream. */
  readonly modifiedAt: number | undefined;
  /** Mapfile that was honoured; undefined when there is none. */
  readonly mapfile: string | undefined;
}

/** How an image from a pipe is spooled. */
export interface Spooling {
  /** Folder; undefined: $TMPDIR. */
  readonly spoolFolder: string | undefined;
  /** Told before. */
  readonly onSpool: () => void;
}

/** Standard input as the name of an image. */
const STANDARD_INPUT = '-';

/**
 * Open an image of any kind and look through it. Standard input is spooled first.
 *
 * @param mapfile path of a ddrescue mapfile of the image; default: IMAGE.mapfile, when it is there
 * @throws CliError CLI_FAILED; RestoreError; ExtError, Qcow2Error, SparseError by the kind of damage
 */
export async function openImage(
  path: string,
  { mapfile, ...spooling }: { readonly mapfile: string | undefined } & Spooling,
): Promise<OpenImage> {
  const file = await openSource(path, spooling);
  try {
    const beside = path === STANDARD_INPUT ? undefined : mapfileOf(path);
    const map = mapfile ?? (beside !== undefined && existsSync(beside) ? beside : undefined);
    const unread = map === undefined ? [] : readMap(map);
    const content = await readContent(file.source, unread).catch((error: unknown) => {
      throw isUnreadable(error) ? failed(error, `while reading ${inputName(path)}`) : error;
    });
    return { content, modifiedAt: modifiedAt(path), mapfile: map, [Symbol.dispose]: () => file[Symbol.dispose]() };
  } catch (error) {
    file[Symbol.dispose]();
    throw error;
  }
}

function modifiedAt(path: string): number | undefined {
  const stat = path === STANDARD_INPUT ? undefined : statSync(path, { throwIfNoEntry: false });
  return stat?.isFile() ? Math.floor(stat.mtimeMs / 1000) : undefined;
}

async function openSource(
  path: string,
  { spoolFolder, onSpool }: Spooling,
): Promise<{ readonly source: Source } & Disposable> {
  try {
    const { source, close } = await openSeekable(path, {
      onSpool,
      ...(spoolFolder !== undefined && { folder: spoolFolder }),
    });
    return { source, [Symbol.dispose]: close };
  } catch (error) {
    throw failed(error, `while trying to open ${inputName(path)}`);
  }
}

/** What was never read, in bytes of the file system: the map is about the source of the image, whatever its format. */
function readMap(path: string): ByteRange[] {
  try {
    const map = readMapfile(path);
    // A map that ends early was about a smaller source: what lies behind its end is not in question.
    const end = map.ranges.reduce((furthest, { offset, length }) => Math.max(furthest, offset + length), 0);
    return unreadRanges(map, end);
  } catch (error) {
    throw failed(error, `while trying to read ${path}`);
  }
}

async function readContent(source: Source, unread: readonly ByteRange[]): Promise<ImageContent> {
  const head = new Uint8Array(Math.min(4096, source.size));
  source.readAt(head, 0);
  if (isImageHeader(head)) return normalContent(source, unread);
  if (isQcow2(head)) {
    const image = openQcow2(source);
    if (image.info.compressionType === 'zstd') await loadCodec('zstd');
    return rawContent('QCOW2', windowOf(image, 0), [...unread, ...image.info.unread]);
  }
  if (isFilesystem(head)) return rawContent('raw', source, unread);
  throw new RestoreError('RESTORE_NO_IMAGE', 'neither a normal nor a raw nor a QCOW2 image of an ext2/3/4 file system');
}

const isQcow2 = (head: Uint8Array): boolean =>
  head[0] === 0x51 && head[1] === 0x46 && head[2] === 0x49 && head[3] === 0xfb;

function isFilesystem(head: Uint8Array): boolean {
  if (head.length < SUPERBLOCK_OFFSET + 1024) return false;
  return superblockLayout.s_magic.get(new DataView(head.buffer), SUPERBLOCK_OFFSET) === EXT_MAGIC;
}
