import type { Range } from '../disk/geometry.ts';

/** Bytes of one read and one write through the page cache: few enough to stay in the processor's cache between the two. */
const CACHED_UNIT = 512 * 1024;
/** Bytes of one read and one write around it: many, as the disk is idle between two calls and must seek. */
const DIRECT_UNIT = 8 * 1024 * 1024;

/** The memory that batches go through. */
export interface CopyBuffer {
  readonly bytes: Uint8Array;
  /** Most bytes of one read or write. */
  readonly unit: number;
}

/** What a buffer is for. */
export interface CopyBufferOptions {
  /** Whether it must hold a whole batch, because the bytes are used twice. */
  readonly isBatchWhole: boolean;
  /** Allocates memory for I/O around the page cache; undefined if that is not possible, and any memory will do. */
  readonly memory?: ((length: number) => Uint8Array | undefined) | undefined;
}

/**
 * The buffer for batches of `batchBytes`. Through the page cache the processor copies each byte twice, and a small
 * buffer is cheapest; around it the disk moves the bytes, and a whole batch at a time is fastest.
 */
export function copyBuffer(batchBytes: number, { isBatchWhole, memory }: CopyBufferOptions): CopyBuffer {
  const within = (unit: number): number => (isBatchWhole ? batchBytes : Math.min(unit, batchBytes));
  const direct = memory?.(within(DIRECT_UNIT));
  if (direct !== undefined) return { bytes: direct, unit: DIRECT_UNIT };
  return { bytes: new Uint8Array(within(CACHED_UNIT)), unit: CACHED_UNIT };
}

/** A piece of a batch on its way through the buffer. */
export interface Part {
  /** Its bytes in the buffer. */
  readonly bytes: Uint8Array;
  /** Their offset in the buffer. */
  readonly at: number;
  /** Their position in the file system. */
  readonly position: number;
}

/** Pieces of a batch, cut into units of I/O, and grouped into loads. A load fills the buffer from its beginning. */
export function* loadsOf({ bytes, unit }: CopyBuffer, pieces: Iterable<Range>): Generator<readonly Part[]> {
  let load: Part[] = [];
  let at = 0;
  for (const { from, to } of pieces) {
    for (let position = from; position < to; ) {
      if (at === bytes.length) {
        yield load;
        load = [];
        at = 0;
      }
      const length = Math.min(to - position, unit, bytes.length - at);
      load.push({ bytes: bytes.subarray(at, at + length), at, position });
      at += length;
      position += length;
    }
  }
  if (load.length > 0) yield load;
}

/** The part of the buffer that a load fills, in units of I/O: its pieces are adjacent, as they are in a log. */
export function* unitsOf({ bytes, unit }: CopyBuffer, load: readonly Part[]): Generator<Pick<Part, 'bytes' | 'at'>> {
  const end = load.reduce((sum, part) => sum + part.bytes.length, 0);
  for (let at = 0; at < end; at += unit) yield { bytes: bytes.subarray(at, Math.min(end, at + unit)), at };
}
