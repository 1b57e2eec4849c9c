import { existsSync, fstatSync } from 'node:fs';
import { codeOf } from '../base/errors.ts';
import type { Source } from '../base/types.ts';
import { deviceName } from '../disk/device-number.ts';
import { openDirectSource } from './direct-source.ts';
import { isUnreadable } from './isolate-errors.ts';

/** The largest block of the formats: what fails as a longer run is tried in blocks by whoever asked for it. */
const MAX_BLOCK = 1 << 16;

/**
 * A block device whose failed reads are tried once more around the page cache, which fails a whole folio for one bad
 * sector. Only reads of at most 64 KiB are: see `isolateErrors`, which asks for single blocks after a failure.
 *
 * A device that is not there any more is no device of bad sectors: its reads fail with ENODEV, which ends a copy.
 *
 * Costs nothing before the first failure. Dispose it before the descriptor behind `source` is closed.
 *
 * @param isThere whether a path of sysfs exists
 * @returns a source of the same bytes; undefined when `source` is no block device
 */
export function aroundCache(source: Source, isThere = existsSync): (Source & Disposable) | undefined {
  const { file, size } = source;
  const stat = file === undefined ? undefined : fstatSync(file.fd);
  if (file === undefined || !stat?.isBlockDevice()) return undefined;
  const folder = `/sys/dev/block/${deviceName(stat.rdev)}`;
  // Without sysfs nobody can tell.
  const isListed = isThere(folder);
  let direct: (Source & Disposable) | undefined;
  return {
    size,
    file,
    ...(source.extentAt && { extentAt: source.extentAt.bind(source) }),
    readAt(into, offset) {
      try {
        source.readAt(into, offset);
      } catch (error) {
        if (isListed && isUnreadable(error) && !isThere(folder)) throw gone(error, offset);
        if (!isUnreadable(error) || into.length > MAX_BLOCK || offset + into.length > size) throw error;
        try {
          direct ??= openDirectSource(file.fd, file.base + size);
          direct.readAt(into, file.base + offset);
        } catch (second) {
          // Whatever keeps direct reads from working, the first error is the one to tell.
          if (codeOf(second) === undefined) throw second;
          throw error;
        }
      }
    },
    [Symbol.dispose]: () => {
      direct?.[Symbol.dispose]();
      direct = undefined;
    },
  };
}

const gone = (cause: unknown, offset: number): Error =>
  Object.assign(new Error('ENODEV: the device is gone, read', { cause }), { code: 'ENODEV', syscall: 'read', offset });
