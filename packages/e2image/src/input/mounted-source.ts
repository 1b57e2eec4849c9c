import { readFileSync, statSync } from 'node:fs';
import { mountState, realMounts, say, type World } from '@e2image/cli';
import { deviceName } from '@e2image/sparse-io';
import type { SavePlan } from '../plan/save-plan.ts';

/**
 * Watch a source that is mounted for writing, which `-f` allows.
 *
 * @param countWrites gives a text that changes with each write
 * @returns call it at the end: it warns if the source was written to meanwhile, for the image may be inconsistent then
 */
export function watchMountedSource(
  { device }: Pick<SavePlan, 'device'>,
  world: World,
  countWrites = writesTo,
): () => void {
  if (device === '-') return () => {};
  const { isMounted, isReadOnly } = mountState(device, realMounts(world.env));
  if (!isMounted || isReadOnly) return () => {};
  const before = countWrites(device);
  return () => {
    if (countWrites(device) === before) return;
    say(world, `warning: ${device} was written to while it was read; the image may not be consistent`);
  };
}

/** A text that changes whenever the device or file is written to; undefined if the system does not count writes. */
function writesTo(path: string): string | undefined {
  const stat = statSync(path, { throwIfNoEntry: false, bigint: true });
  if (stat?.isBlockDevice() !== true) return stat?.mtimeNs.toString();
  try {
    // Fields 5 and 7: writes, and sectors written. Source: kernel Documentation/block/stat.rst.
    const fields = readFileSync(`/sys/dev/block/${deviceName(Number(stat.rdev))}/stat`, 'latin1')
      .trim()
      .split(/\s+/);
    return `${fields[4]} ${fields[6]}`;
  } catch {
    return undefined;
  }
}
