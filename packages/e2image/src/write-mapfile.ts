import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { failed } from '@e2image/cli';
import { encodeMapfile } from '@e2image/sparse-io';
import { mapOfBlocks, type RescuedBlocks } from './rescue-map.ts';

/** First line of our mapfiles. */
const COMMENT = 'Created by e2image: offsets are those of the file system';
/** So that a file of that name is told from somebody's own. */
export const MAPFILE_START = `# Mapfile. ${COMMENT}\n`;

/**
 * Write a mapfile: under its name it is whole at any time.
 *
 * @throws CliError CLI_FAILED
 */
export function writeMapfile(
  path: string,
  blocks: RescuedBlocks,
  fs: { blockSize: number; blocksCount: number },
): void {
  const temporary = `${path}.new`;
  try {
    // A name that can be foreseen: what a killed run left there goes, and a link that somebody put there is not followed.
    rmSync(temporary, { force: true });
    const text = encodeMapfile(mapOfBlocks(blocks, fs), COMMENT);
    writeFileSync(temporary, text, { flag: 'wx', flush: true, mode: 0o600 });
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw failed(error, `while writing ${path}`);
  }
}
