import { CliError, inputName } from '@e2image/cli';
import { type OpenDisk, openDisk, readableBytes } from '@e2image/disk-image';
import { isImageHeader } from '@e2image/normal-image';
import type { SpoolOptions } from '@e2image/sparse-io';

/** Bytes of a normal image that say what it is. */
const MAGIC_BYTES = 4;

/** An open image. */
export type OpenImage = OpenDisk & {
  /** The error of reading its first bytes: it is taken for raw then, and may be something else. */
  readonly headError?: unknown;
};

/**
 * Open an image; a stream is kept in a temporary file first.
 *
 * @throws CliError CLI_FAILED with its name, CLI_REFUSED for an image in the normal format
 */
export async function openImage(
  path: string,
  spool: SpoolOptions & { readonly onSpool?: () => void } = {},
): Promise<OpenImage> {
  const disk = await openDisk(path, { spool, isRawIfUnreadable: true });
  if (disk.format === 'qcow2') return disk;
  let headError: unknown;
  const head = readableBytes(disk.source, 0, MAGIC_BYTES, (error) => {
    headError = error;
  });
  if (!isImageHeader(head)) return { ...disk, headError };
  disk.close();
  const message = `${inputName(path)} is an image in the normal format: make a scrambled one with e2image -s`;
  throw new CliError('CLI_REFUSED', message);
}
