import { existsSync, fstatSync } from 'node:fs';
import { codeOf, systemError } from '../base/errors.ts';
import type { Source } from '../base/source.ts';
import { deviceName } from '../disk/device-name.ts';
import { openDirectSource } from './direct-source.ts';
import { isUnreadable } from './isolate-errors.ts';

/** The largest block of the formats. A longer read that fails is not repeated here: its caller repeats it by blocks. */
const MAX_BLOCK = 1 << 16;

/**
 * A block device whose failed reads are repeated around the page cache, which fails a whole folio for one bad sector.
 * Only reads of at most 64 KiB are repeated; `isolateErrors` asks for single blocks after a failure.
 *
 * The reads of a device that was removed fail with ENODEV, which ends a copy: its sectors are not bad.
 *
 * Costs nothing before the first failure. Dispose it before the descriptor of `source` is closed.
 *
 * @param exists whether a path of sysfs exists
 * @returns a source of the same bytes; undefined when `source` is not a block device
 */
export function aroundCache(source: Source, exists = existsSync): (Source & Disposable) | undefined {
  const { file, size } = source;
  const stat = file === undefined ? undefined : fstatSync(file.fd);
  if (file === undefined || !stat?.isBlockDevice()) return undefined;
  const folder = `/sys/dev/block/${deviceName(stat.rdev)}`;
  // Without sysfs a removed device cannot be recognized.
  const isListed = exists(folder);
  let direct: (Source & Disposable) | undefined;
  return {
    size,
    file,
    ...(source.extentAt && { extentAt: source.extentAt.bind(source) }),
    readAt(into, offset) {
      try {
        source.readAt(into, offset);
      } catch (error) {
        if (isListed && isUnreadable(error) && !exists(folder)) throw gone(error, offset);
        if (!isUnreadable(error) || into.length > MAX_BLOCK || offset + into.length > size) throw error;
        try {
          direct ??= openDirectSource(file.fd, file.base + size);
          direct.readAt(into, file.base + offset);
        } catch (second) {
          // Whatever prevents the direct read, the first error is the one to report.
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
  systemError('ENODEV', 'ENODEV: the device is gone, read', { cause, syscall: 'read', offset });
