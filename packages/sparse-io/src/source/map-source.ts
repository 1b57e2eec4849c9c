import type { Source } from '../base/types.ts';

/**
 * A source whose bytes are changed on their way, as scrambling does.
 *
 * It tells no holes and offers no file, so every byte asked for passes `change`.
 *
 * @param change works in place on what one read gave; the bytes are borrowed for the call
 */
export function mapSource(source: Source, change: (bytes: Uint8Array, offset: number) => void): Source {
  return {
    size: source.size,
    readAt(into, offset) {
      source.readAt(into, offset);
      change(into, offset);
    },
  };
}

/**
 * The same source without its `file`, so that its bytes are copied and never passed on inside the kernel: pages of a
 * mounted disk could still change after a pipe has them.
 */
export function byHand(source: Source): Source {
  return {
    size: source.size,
    readAt: (into, offset) => source.readAt(into, offset),
    ...(source.extentAt && { extentAt: source.extentAt.bind(source) }),
  };
}
