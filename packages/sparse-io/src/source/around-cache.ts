import { existsSync, fstatSync } from 'node:fs';
import { codeOf, systemError } from '../base/errors.ts';
import type { Source } from '../base/source.ts';
import { deviceName } from '../disk/device-name.ts';
import { openDirectSource } from './direct-source.ts';
import { isUnreadable } from './isolate-errors.ts';

/** The largest block of the formats. A longer read that fails is not repeated here: its caller repeats it by blocks. */
const MAX_BLOCK = 1 << 16;

/** The parts of the system that `aroundCache` uses. Tests pass invented ones. */
export interface CachedDisks {
  /** The folder in sysfs of the block device that is open as `fd`; undefined for anything else. */
  folderOf(fd: number): string | undefined;
  exists(path: string): boolean;
  openDirect(fd: number, size: number): Source & Disposable;
}

const SYSTEM: CachedDisks = {
  folderOf(fd) {
    const stat = fstatSync(fd);
    return stat.isBlockDevice() ? `/sys/dev/block/${deviceName(stat.rdev)}` : undefined;
  },
  exists: existsSync,
  openDirect: openDirectSource,
};

/**
 * A block device whose failed reads are repeated around the page cache, which fails a whole folio for one bad sector.
 * Only reads of at most 64 KiB are repeated; `isolateErrors` asks for single blocks after a failure.
 *
 * The reads of a device that was removed fail with ENODEV, which ends a copy: its sectors are not bad.
 *
 * Costs nothing before the first failure. Dispose it before the descriptor of `source` is closed.
 *
 * @param disks replaces parts of the system, for tests
 * @returns a source of the same bytes; undefined when `source` is not a block device
 */
export function aroundCache(source: Source, disks: Partial<CachedDisks> = {}): (Source & Disposable) | undefined {
  const { file, size } = source;
  const { folderOf, exists, openDirect } = { ...SYSTEM, ...disks };
  const folder = file && folderOf(file.fd);
  if (file === undefined || folder === undefined) return undefined;
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
          direct ??= openDirect(file.fd, file.base + size);
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
