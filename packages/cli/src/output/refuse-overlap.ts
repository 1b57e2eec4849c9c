import { type DiskView, overlapOf, type PathRange, realDisks } from '@e2image/sparse-io';
import { CliError } from '../world/errors.ts';
import { inputName, outputName } from './file-name.ts';

/**
 * Refuse to write where the source is read: the same file by any name, or ranges of one disk that overlap. Call before
 * anything is opened. A path `-` is standard input or standard output.
 *
 * @param from what is read
 * @param to what will be written
 * @throws CliError CLI_REFUSED
 */
export function refuseOverlap(from: PathRange, to: PathRange, disks: DiskView = realDisks): void {
  const source = from.path === '-' ? { ...from, path: '/dev/stdin' } : from;
  const target = to.path === '-' ? { ...to, path: '/dev/stdout' } : to;
  const overlap = overlapOf(source, target, disks);
  if (overlap === undefined) return;
  const how = overlap === 'same' ? 'are the same file' : 'share bytes of one disk';
  throw new CliError('CLI_REFUSED', `${inputName(from.path)} and ${outputName(to.path)} ${how}; nothing was written`);
}
