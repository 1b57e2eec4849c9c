import type { ByteRange } from '../base/byte-range.ts';
import type { Steps } from '../base/steps.ts';
import type { SourceExtent } from '../io/source.ts';
import type { Chain } from './chain.ts';
import { type GuestRun, guestRunAt } from './guest-run.ts';

/** A run of the virtual disk, `[offset, offset + length)`, as `qemu-img map` reports it. */
export interface MapExtent extends ByteRange {
  /** Position in the chain of the image that determines these bytes; 0 is the opened image. */
  readonly depth: number;
  /** Whether any image of the chain maps these bytes. */
  readonly present: boolean;
  /** Reads as zeros. */
  readonly zero: boolean;
  /** Its bytes are stored. */
  readonly data: boolean;
  readonly compressed: boolean;
  /** Host byte of the first guest byte; undefined: none, or compressed. */
  readonly hostOffset: number | undefined;
}

/** The extent of one run, as `qemu-img map` reports it. Source: qemu qemu-img.c, get_block_status. */
function extentOf({ kind, offset, length, depth, present, host }: GuestRun): MapExtent {
  return {
    offset,
    length,
    depth,
    present,
    zero: kind === 'zero',
    data: kind !== 'zero',
    compressed: kind === 'compressed',
    hostOffset: kind === 'compressed' || host < 0 ? undefined : host,
  };
}

/** Whether `next`, which begins where `extent` ends, has the same properties and follows it in the file. */
function continues(extent: MapExtent, next: MapExtent): boolean {
  if (extent.depth !== next.depth || extent.present !== next.present) return false;
  if (extent.zero !== next.zero || extent.compressed !== next.compressed) return false;
  if (extent.hostOffset === undefined) return next.hostOffset === undefined;
  return next.hostOffset === extent.hostOffset + extent.length;
}

/** A maximal extent, and what was read of the one after it. */
export interface ExtentStep {
  readonly extent: MapExtent;
  readonly next: MapExtent | undefined;
}

/**
 * The maximal extent from `first` on, or from `offset` when nothing was read yet. Costs by the tables that it crosses,
 * not by its clusters.
 *
 * @param end where to stop, at most the virtual disk's size
 */
export function* extentStep(
  chain: Chain,
  offset: number,
  end: number,
  first: MapExtent | undefined,
): Steps<ExtentStep> {
  let extent = first ?? extentOf(yield* guestRunAt(chain, offset));
  for (;;) {
    const at = extent.offset + extent.length;
    if (at >= end) return { extent: { ...extent, length: end - extent.offset }, next: undefined };
    const next = extentOf(yield* guestRunAt(chain, at));
    if (!continues(extent, next)) return { extent, next };
    extent = { ...extent, length: extent.length + next.length };
  }
}

/**
 * `ask`, with its last answer remembered: a caller may ask about each of the many blocks of a hole, and to find the end
 * of that hole may need a million table entries.
 */
export function remembering(ask: (offset: number) => SourceExtent): (offset: number) => SourceExtent {
  let known: SourceExtent | undefined;
  return (offset) => {
    if (known !== undefined && offset >= known.offset && offset < known.offset + known.length) {
      return { kind: known.kind, offset, length: known.offset + known.length - offset };
    }
    known = ask(offset);
    return known;
  };
}

/** Runs joined in one answer of `sourceExtentAt`, so that it costs little however the disk looks. */
const JOINED_RUNS = 64;

/** Data or a hole from `offset` on: a run that neighbours of the same kind may follow. */
export function* sourceExtentAt(chain: Chain, offset: number): Steps<SourceExtent> {
  const size = chain.layers[0]?.size ?? 0;
  if (!(offset >= 0 && offset < size)) throw new RangeError(`byte ${offset} of a virtual disk of ${size}`);
  const first = yield* guestRunAt(chain, offset);
  let end = offset + first.length;
  for (let joined = 1; joined < JOINED_RUNS && end < size; joined++) {
    const run = yield* guestRunAt(chain, end);
    if ((run.kind === 'zero') !== (first.kind === 'zero')) break;
    end += run.length;
  }
  return { kind: first.kind === 'zero' ? 'hole' : 'data', offset, length: end - offset };
}
