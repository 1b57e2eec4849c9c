import type { Source } from '../base/source.ts';

/**
 * The same source without its `file`, so that a copy reads its bytes and never passes its pages on inside the kernel:
 * the pages of a mounted disk could still change after a pipe has received them.
 */
export function withoutFile(source: Source): Source {
  return {
    size: source.size,
    readAt: (into, offset) => source.readAt(into, offset),
    ...(source.extentAt && { extentAt: source.extentAt.bind(source) }),
  };
}
