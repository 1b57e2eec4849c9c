import { existsSync, statSync } from 'node:fs';
import { failed, inputName } from '@e2image/cli';
import { type OpenDisk, openDisk, readableBytes } from '@e2image/disk-image';
import { hasExtMagic, SUPERBLOCK_OFFSET, SUPERBLOCK_SIZE } from '@e2image/ext-core/structures';
import { isImageHeader } from '@e2image/normal-image';
import { type ByteRange, isUnreadable, mapfileOf, readMapfile, unreadRanges } from '@e2image/sparse-io';
import { RestoreError } from '../base/errors.ts';
import type { ImageContent } from './content.ts';
import { normalContent } from './normal-content.ts';
import { rawContent } from './raw-content.ts';

/** An image and what it has for the device. Its files are open until it is disposed. */
export interface OpenImage extends Disposable {
  readonly content: ImageContent;
  /** When the file was last written, in seconds since 1970; undefined for a stream. */
  readonly modifiedAt: number | undefined;
  /** The mapfile that was used; undefined without one. */
  readonly mapfile: string | undefined;
}

/** How an image from a pipe is copied to a temporary file. */
export interface Spooling {
  /** Folder of that file; undefined: $TMPDIR. */
  readonly spoolFolder: string | undefined;
  /** Called before it is copied. */
  readonly onSpool: () => void;
}

/** Standard input as the name of an image. */
const STANDARD_INPUT = '-';

/**
 * Open an image of any format and find its content. Standard input is copied to a temporary file first.
 *
 * @param mapfile path of a ddrescue mapfile of the image; default: IMAGE.mapfile, if it exists
 * @throws CliError CLI_FAILED; RestoreError; ExtError, Qcow2Error, SparseError by the kind of damage
 */
export async function openImage(
  path: string,
  { mapfile, ...spooling }: { readonly mapfile: string | undefined } & Spooling,
): Promise<OpenImage> {
  const { spoolFolder, onSpool } = spooling;
  const spool = { onSpool, ...(spoolFolder !== undefined && { folder: spoolFolder }) };
  const disk = await openDisk(path, { spool, isRawIfUnreadable: true });
  try {
    const beside = path === STANDARD_INPUT ? undefined : mapfileOf(path);
    const map = mapfile ?? (beside !== undefined && existsSync(beside) ? beside : undefined);
    const unread = map === undefined ? [] : readMap(map);
    const content = await readContent(disk, unread).catch((error: unknown) => {
      throw isUnreadable(error) ? failed(error, `while reading ${inputName(path)}`) : error;
    });
    return { content, modifiedAt: modifiedAt(path), mapfile: map, [Symbol.dispose]: disk.close };
  } catch (error) {
    disk.close();
    throw error;
  }
}

function modifiedAt(path: string): number | undefined {
  const stat = path === STANDARD_INPUT ? undefined : statSync(path, { throwIfNoEntry: false });
  return stat?.isFile() ? Math.floor(stat.mtimeMs / 1000) : undefined;
}

/** What was never read, in bytes of the file system: the map is about the source of the image, whatever its format. */
function readMap(path: string): ByteRange[] {
  try {
    const map = readMapfile(path);
    // A map that ends early was about a smaller source: bytes past its end are not unread.
    const end = map.ranges.reduce((furthest, { offset, length }) => Math.max(furthest, offset + length), 0);
    return unreadRanges(map, end);
  } catch (error) {
    throw failed(error, `while trying to read ${path}`);
  }
}

async function readContent({ source, image }: OpenDisk, unread: readonly ByteRange[]): Promise<ImageContent> {
  if (image !== undefined) return rawContent('QCOW2', source, [...unread, ...image.info.unread]);
  let unreadable: unknown;
  const bytes = (offset: number, length: number): Uint8Array =>
    readableBytes(source, offset, length, (error) => {
      unreadable ??= error;
    });
  if (isImageHeader(bytes(0, MAGIC_BYTES))) return normalContent(source, unread);
  if (hasExtMagic(bytes(SUPERBLOCK_OFFSET, SUPERBLOCK_SIZE))) return rawContent('raw', source, unread);
  if (unreadable !== undefined) throw unreadable;
  throw new RestoreError('RESTORE_NO_IMAGE', 'neither a normal nor a raw nor a QCOW2 image of an ext2/3/4 file system');
}

/** Bytes of a normal image that say what it is. */
const MAGIC_BYTES = 4;
