import type { Steps } from '../base/steps.ts';
import type { Chain } from './chain.ts';
import { sourceExtentAt } from './extents.ts';
import { type ReadMode, readGuest } from './read-guest.ts';

/**
 * A part of the disk in order: bytes, or a hole that reads as zeros. The bytes are overwritten by the next piece:
 * copy what you keep.
 */
export type DiskPiece =
  | { readonly kind: 'data'; readonly offset: number; readonly bytes: Uint8Array }
  | { readonly kind: 'hole'; readonly offset: number; readonly length: number };

/** Which part of the disk, half-open: `[offset, end)`; default: all of it. */
export interface DiskRange {
  readonly offset?: number;
  readonly end?: number;
}

/** The piece from `offset` on. Data is read into `buffer`. */
export function* nextPiece(
  chain: Chain,
  { offset, end, buffer }: { offset: number; end: number; buffer: Uint8Array },
  mode: ReadMode,
): Steps<{ piece: DiskPiece; next: number }> {
  const extent = yield* sourceExtentAt(chain, offset);
  const length = Math.min(extent.length, end - offset);
  if (extent.kind === 'hole') return { piece: { kind: 'hole', offset, length }, next: offset + length };
  const bytes = buffer.subarray(0, Math.min(length, buffer.length));
  yield* readGuest(chain, bytes, offset, mode);
  return { piece: { kind: 'data', offset, bytes }, next: offset + bytes.length };
}

/** A range with its ends filled in. @throws RangeError when it is not within `[0, size]` */
export function wholeRange({ offset = 0, end }: DiskRange, size: number): { offset: number; end: number } {
  const to = end ?? size;
  if (!(offset >= 0 && offset <= to && to <= size))
    throw new RangeError(`bytes ${offset} to ${to} of a disk of ${size}`);
  return { offset, end: to };
}
