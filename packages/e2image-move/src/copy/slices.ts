import { lowerBound } from '@e2image/sparse-io';
import { isRightward, type Move, type Range } from '../disk/geometry.ts';
import type { UsedMap } from '../used/used-map.ts';

/** What bounds a slice. */
export interface SliceLimits {
  /**
   * Most positions between its first and its last. At most the distance of the move, unless the data of the slice is
   * saved elsewhere before its first byte is overwritten.
   */
  readonly span: number;
  /** Most bytes in use inside of it. */
  readonly used: number;
  /** Positions, ascending, at which a slice must end: none contains them in its middle. */
  readonly splits?: readonly number[];
}

/**
 * The next positions to copy, or undefined when none in use are left.
 *
 * A move to the right works from the end, one to the left from the start. Then a slice overwrites only the
 * source of slices that are done, or its own source; with `span` up to the distance, never its own. So a slice that was
 * interrupted by a crash can be copied again, as long as the next one has not begun.
 *
 * @param position how far the move is: a move to the right has done `[position, length)`, one to the left
 *   `[0, position)`
 */
export function nextSlice(move: Move, map: UsedMap, position: number, limits: SliceLimits): Range | undefined {
  return isRightward(move) ? sliceBelow(map, position, limits) : sliceAbove(map, position, limits);
}

/** The position of a move after `slice` is done. */
export const positionAfter = (move: Move, slice: Range): number => (isRightward(move) ? slice.from : slice.to);

/** The position of a move that has not begun. */
export const firstPosition = (move: Move): number => (isRightward(move) ? move.length : 0);

function sliceBelow(map: UsedMap, position: number, { span, used, splits = [] }: SliceLimits): Range | undefined {
  let run = firstRunEndingAfter(map, position);
  if ((map[2 * run] ?? Number.POSITIVE_INFINITY) >= position) run--;
  if (run < 0) return undefined;
  const to = Math.min(position, map[2 * run + 1] ?? 0);
  const floor = Math.max(0, to - span, splits.findLast((split) => split < to) ?? 0);
  let from = to;
  for (let left = used; run >= 0 && left > 0; run--) {
    const end = Math.min(to, map[2 * run + 1] ?? 0);
    if (end <= floor) break;
    from = Math.max(map[2 * run] ?? 0, end - left, floor);
    left -= end - from;
  }
  return { from, to };
}

function sliceAbove(map: UsedMap, position: number, { span, used, splits = [] }: SliceLimits): Range | undefined {
  let run = firstRunEndingAfter(map, position);
  if (2 * run >= map.length) return undefined;
  const from = Math.max(position, map[2 * run] ?? 0);
  const ceiling = Math.min(from + span, splits.find((split) => split > from) ?? Number.POSITIVE_INFINITY);
  let to = from;
  for (let left = used; 2 * run < map.length && left > 0; run++) {
    const start = Math.max(from, map[2 * run] ?? 0);
    if (start >= ceiling) break;
    to = Math.min(map[2 * run + 1] ?? 0, start + left, ceiling);
    left -= to - start;
  }
  return { from, to };
}

/** The parts of `slice` that are in use, ascending. */
export function* piecesOf(map: UsedMap, slice: Range): Generator<Range> {
  for (let run = firstRunEndingAfter(map, slice.from); 2 * run < map.length; run++) {
    const from = Math.max(slice.from, map[2 * run] ?? 0);
    if (from >= slice.to) return;
    yield { from, to: Math.min(slice.to, map[2 * run + 1] ?? 0) };
  }
}

/** Index of the first run whose end is after `position`. */
const firstRunEndingAfter = (map: UsedMap, position: number): number =>
  lowerBound(map.length / 2, (run) => (map[2 * run + 1] ?? 0) <= position);
