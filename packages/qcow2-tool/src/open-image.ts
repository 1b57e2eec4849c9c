import { type ChainRules, openDisk } from '@e2image/disk-image';
import type { Qcow2Image } from '@e2image/qcow2';

/** Which further files an image may have opened, and where a pipe is spooled. */
export interface ImageRules extends Omit<ChainRules, 'onFile'> {
  /** Folder for the spool of a pipe; undefined: $TMPDIR. */
  readonly spoolFolder?: string | undefined;
}

/** An image that was opened with the files it names. */
export interface OpenedImage {
  readonly image: Qcow2Image;
  /** Names of the chain's files by depth, the image first; of a data file: by the depth of its image, in `data`. */
  readonly names: { readonly chain: readonly string[]; readonly data: ReadonlyMap<number, string> };
  close(): void;
}

/**
 * Open an image with its chain. `-` is standard input. A pipe or FIFO is spooled, and has no folder to find other
 * files in.
 *
 * @throws CliError CLI_FAILED with the image's name
 */
export async function openImage(path: string, { spoolFolder, ...rules }: ImageRules): Promise<OpenedImage> {
  const chain = [path];
  const data = new Map<number, string>();
  const onFile: NonNullable<ChainRules['onFile']> = (file, { role, depth }) => {
    if (role === 'data') data.set(depth, file);
    else chain[depth] = file;
  };
  const spool = spoolFolder === undefined ? {} : { folder: spoolFolder };
  const disk = await openDisk(path, { format: 'qcow2', spool, chain: { ...rules, onFile } });
  return { image: disk.image, names: { chain, data }, close: disk.close };
}
