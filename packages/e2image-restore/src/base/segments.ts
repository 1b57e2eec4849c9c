import { type ByteRange, lowerBound, type Source } from '@e2image/sparse-io';

/** Bytes that belong at `[offset, offset + length)` of the device: those from byte `from` of `source` on. */
export interface Segment extends ByteRange {
  readonly source: Source;
  readonly from: number;
}

const endOf = ({ offset, length }: ByteRange): number => offset + length;

/**
 * Sort segments by offset and join those that follow each other both on the device and in their source. In a damaged file
 * system two segments can claim the same bytes: the one that begins first keeps them.
 *
 * @returns ascending, disjoint
 */
export function arrange(segments: readonly Segment[]): Segment[] {
  const sorted = [...segments].sort((a, b) => a.offset - b.offset);
  const placed: Segment[] = [];
  let end = 0;
  for (const segment of sorted) {
    const rest = slice(segment, end, endOf(segment));
    if (rest.length > 0) placed.push(rest);
    end = Math.max(end, endOf(segment));
  }
  return joined(placed);
}

/**
 * Segments, replaced by others where these cover them.
 *
 * @param segments ascending, disjoint
 * @param patches likewise
 */
export const patched = (segments: readonly Segment[], patches: readonly Segment[]): Segment[] =>
  arrange([...without(segments, rangesOf(patches)).kept, ...patches]);

/** The part of a segment in `[from, to)` of the device; it may be empty. */
function slice(segment: Segment, from: number, to: number): Segment {
  const start = Math.max(from, segment.offset);
  const length = Math.max(0, Math.min(to, endOf(segment)) - start);
  if (length === segment.length) return segment;
  return { ...segment, offset: start, length, from: segment.from + start - segment.offset };
}

function joined(segments: readonly Segment[]): Segment[] {
  const out: Segment[] = [];
  for (const segment of segments) {
    const last = out.at(-1);
    if (last !== undefined && continues(last, segment)) {
      out[out.length - 1] = { ...last, length: last.length + segment.length };
    } else out.push(segment);
  }
  return out;
}

/** Whether `next` begins where `segment` ends, on the device and in the same source. */
export const continues = (segment: Segment, next: Segment): boolean =>
  segment.source === next.source && endOf(segment) === next.offset && segment.from + segment.length === next.from;

/**
 * A device as it would be after the segments are written.
 *
 * @param segments ascending, disjoint, within the device
 */
export function overlay(base: Source, segments: readonly Segment[]): Source {
  return {
    size: base.size,
    extentAt(offset) {
      const segment = segments[firstEndingAfter(segments, offset)];
      if (segment === undefined || segment.offset > offset) {
        const end = Math.min(segment?.offset ?? base.size, base.size);
        return { kind: 'data', offset, length: Math.max(1, end - offset) };
      }
      const rest = endOf(segment) - offset;
      const inner = segment.source.extentAt?.(segment.from + offset - segment.offset);
      return { kind: inner?.kind ?? 'data', offset, length: Math.min(rest, inner?.length ?? rest) };
    },
    readAt(into, offset) {
      const end = offset + into.length;
      let at = offset;
      for (let index = firstEndingAfter(segments, offset); at < end; index++) {
        const segment = segments[index];
        const gapEnd = Math.min(end, segment?.offset ?? end);
        if (gapEnd > at) base.readAt(into.subarray(at - offset, gapEnd - offset), at);
        at = Math.max(at, gapEnd);
        if (segment === undefined || at >= end) continue;
        const to = Math.min(end, endOf(segment));
        segment.source.readAt(into.subarray(at - offset, to - offset), segment.from + at - segment.offset);
        at = to;
      }
    },
  };
}

/** Index of the first segment that ends after `offset`. */
const firstEndingAfter = (segments: readonly Segment[], offset: number): number =>
  lowerBound(segments.length, (index) => {
    const segment = segments[index];
    return segment !== undefined && endOf(segment) <= offset;
  });

/** The bytes that segments cover; adjacent ones are joined. */
export function rangesOf(segments: readonly ByteRange[]): ByteRange[] {
  const ranges: { offset: number; length: number }[] = [];
  for (const { offset, length } of segments) {
    const last = ranges.at(-1);
    if (last !== undefined && endOf(last) === offset) last.length += length;
    else ranges.push({ offset, length });
  }
  return ranges;
}

/**
 * Remove ranges from segments.
 *
 * @param segments ascending, disjoint
 * @param holes ascending, disjoint, in bytes of the device
 * @returns the segments that remain, and the bytes that were removed
 */
export function without(
  segments: readonly Segment[],
  holes: readonly ByteRange[],
): { kept: Segment[]; removed: ByteRange[] } {
  const kept: Segment[] = [];
  const removed: ByteRange[] = [];
  let next = 0;
  for (const segment of segments) {
    while (next < holes.length && endOf(holes[next] ?? segment) <= segment.offset) next++;
    let at = segment.offset;
    for (let index = next; at < endOf(segment); index++) {
      const hole = holes[index];
      const from = Math.min(endOf(segment), Math.max(at, hole?.offset ?? endOf(segment)));
      if (from > at) kept.push(slice(segment, at, from));
      const to = Math.min(endOf(segment), hole === undefined ? from : endOf(hole));
      if (to > from) removed.push({ offset: from, length: to - from });
      at = Math.max(from, to);
    }
  }
  return { kept, removed: rangesOf(removed) };
}
