import { codeOf } from '@e2image/cli';
import { isUnreadable, type MapRange, type Source } from '@e2image/sparse-io';

/** A source in which a read of a range that failed before fails at once: the disk is not touched. */
export function avoidingSource(source: Source, known: readonly MapRange[]): Source {
  const bad = known.filter(({ status }) => status === '-' || status === '*' || status === '/');
  if (bad.length === 0) return source;
  return {
    size: source.size,
    readAt(into, offset) {
      const range = bad.find((one) => one.offset < offset + into.length && offset < one.offset + one.length);
      if (range === undefined) return source.readAt(into, offset);
      throw Object.assign(new Error('EIO: failed before, see the mapfile'), { code: 'EIO', syscall: 'read' });
    },
    ...(source.extentAt && { extentAt: source.extentAt.bind(source) }),
  };
}

/** A source in which a failed read is repeated: bad sectors can sometimes be read at a later try. */
export function retryingSource(source: Source, times: number): Source {
  return {
    size: source.size,
    readAt(into, offset) {
      for (let left = times; ; left--) {
        try {
          return source.readAt(into, offset);
        } catch (error) {
          if (left === 0 || !isUnreadable(error) || codeOf(error) === 'SPARSE_SHORT_READ') throw error;
        }
      }
    },
    ...(source.extentAt && { extentAt: source.extentAt.bind(source) }),
  };
}
