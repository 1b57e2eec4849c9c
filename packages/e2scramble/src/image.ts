import { CliError, inputName } from '@e2image/cli';
import { type OpenDisk, openDisk, readableBytes } from '@e2image/disk-image';
import { isImageHeader } from '@e2image/normal-image';
import type { SpoolOptions } from '@e2image/sparse-io';

/** Bytes of a normal image that say what it is. */
const MAGIC_BYTES = 4;

/**
 * Open an image; a stream is kept in a temporary file first.
 *
 * @throws CliError CLI_FAILED with its name, CLI_REFUSED for an image in the normal format
 */
export async function openImage(
  path: string,
  spool: SpoolOptions & { readonly onSpool?: () => void } = {},
): Promise<OpenDisk> {
  const disk = await openDisk(path, { spool });
  if (disk.format === 'qcow2' || !isImageHeader(readableBytes(disk.source, 0, MAGIC_BYTES))) return disk;
  disk.close();
  const message = `${inputName(path)} is an image in the normal format: make a scrambled one with e2image -s`;
  throw new CliError('CLI_REFUSED', message);
}
