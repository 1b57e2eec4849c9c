import { fstatSync } from 'node:fs';
import { openDirectSource } from './direct-source.ts';
import { codeOf } from './errors.ts';
import { isUnreadable } from './isolate-errors.ts';
import type { Source } from './types.ts';

/** The largest block of the formats: what fails as a longer run is tried in blocks by whoever asked for it. */
const MAX_BLOCK = 1 << 16;

/**
 * A block device whose failed reads are tried once more around the page cache, which fails a whole folio for one bad
 * sector. Only reads of at most 64 KiB are: see `isolateErrors`, which asks for single blocks after a failure.
 *
 * Costs nothing before the first failure. Dispose it before the descriptor behind `source` is closed.
 *
 * @returns a source of the same bytes; undefined when `source` is no block device
 */
export function aroundCache(source: Source): (Source & Disposable) | undefined {
  const { file, size } = source;
  if (file === undefined || !fstatSync(file.fd).isBlockDevice()) return undefined;
  let direct: (Source & Disposable) | undefined;
  return {
    size,
    file,
    ...(source.extentAt && { extentAt: source.extentAt.bind(source) }),
    readAt(into, offset) {
      try {
        source.readAt(into, offset);
      } catch (error) {
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
