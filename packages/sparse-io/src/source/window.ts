import type { Extent } from '../base/byte-range.ts';
import { shortRead } from '../base/errors.ts';
import type { Source } from '../base/source.ts';

/**
 * Bytes `[offset, offset + length)` of another source as a source of their own: a partition of a disk.
 *
 * Reads past the end of the window throw SparseError SPARSE_SHORT_READ even where the outer source is longer.
 *
 * @param length default: to the end of `source`
 */
export function windowOf(source: Source, offset: number, length = source.size - offset): Source {
  const size = Math.max(0, Math.min(length, source.size - offset));
  return {
    size,
    readAt(into, at) {
      if (at + into.length <= size) return source.readAt(into, offset + at);
      if (at < size) source.readAt(into.subarray(0, size - at), offset + at);
      const end = Math.max(at, size);
      throw shortRead(size, { offset: end, length: at + into.length - end });
    },
    ...(source.extentAt && {
      extentAt: (at: number): Extent => {
        const { kind, length: run } = source.extentAt?.(offset + at) ?? { kind: 'data' as const, length: size - at };
        return { kind, offset: at, length: Math.max(1, Math.min(run, size - at)) };
      },
    }),
    ...(source.file && { file: { ...source.file, base: source.file.base + offset } }),
  };
}
