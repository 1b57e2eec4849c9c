import type { Source } from '../io/source.ts';

/** A source that counts what is read from it. */
export interface CountingSource extends Source {
  /** Calls of `readAt`. */
  readonly reads: number;
  /** Bytes that were read, all reads together. */
  readonly bytes: number;
}

/**
 * Count the reads of `source`. Tests that an image cannot make a reader work without end count reads: seconds would
 * depend on what else the machine does.
 *
 * @param most reads and bytes that are allowed; beyond, `readAt` throws an Error that is not a Qcow2Error
 */
export function countingSource(
  source: Source,
  most: { readonly reads?: number; readonly bytes?: number } = {},
): CountingSource {
  const { reads: mostReads = Infinity, bytes: mostBytes = Infinity } = most;
  let reads = 0;
  let bytes = 0;
  return {
    size: source.size,
    get reads() {
      return reads;
    },
    get bytes() {
      return bytes;
    },
    readAt(into, offset) {
      reads++;
      bytes += into.length;
      if (reads > mostReads || bytes > mostBytes) throw new Error(`${reads} reads of ${bytes} bytes are too many`);
      source.readAt(into, offset);
    },
  };
}
