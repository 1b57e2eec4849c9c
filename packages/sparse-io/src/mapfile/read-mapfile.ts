import { readFileSync, statSync } from 'node:fs';
import { SparseError } from '../base/errors.ts';
import { type Mapfile, parseMapfile } from './mapfile.ts';

/** Bytes of a mapfile with some millions of ranges. A larger file is something else, such as a disk image. */
const MAX_SIZE = 1 << 28;

/**
 * Read a mapfile.
 *
 * @param readText reads a whole file that may be a mapfile; tests replace it, because the largest one takes seconds
 * @throws SparseError SPARSE_BAD_MAPFILE, also for something that is not a file or is far too large; system errors
 */
export function readMapfile(path: string, readText = (file: string): string => readFileSync(file, 'utf8')): Mapfile {
  const stat = statSync(path);
  if (!stat.isFile() || stat.size > MAX_SIZE) {
    throw new SparseError('SPARSE_BAD_MAPFILE', 'not a mapfile, which is a text file of moderate size');
  }
  return parseMapfile(readText(path));
}
