import type { ByteRange } from '../base/byte-range.ts';
import { Qcow2Error } from '../base/errors.ts';
import { type Field, u64, viewOf } from './field.ts';
import { EXTENSION, type HeaderExtension } from './header-extension.ts';

/** One range of guest bytes in the extension. */
export const provenanceLayout = { offset: u64(0), length: u64(8) } as const satisfies Record<string, Field>;

/** Bytes of one range in the extension. */
const RANGE_SIZE = 16;

/**
 * Encode our own header extension "e2mp": the ranges of the guest that were never read, so that a program that restores the
 * image does not mistake their zeros for data. QEMU and others ignore it.
 *
 * @param ranges in any order; they may overlap
 * @param room bytes of cluster 0 left for the extension's data, at least 16. When the ranges do not fit, the ones
 * with the smallest gaps between them become one: the list may then name too much, never too little.
 */
export function encodeProvenance(ranges: Iterable<ByteRange>, room: number): HeaderExtension {
  if (room < RANGE_SIZE) throw new RangeError(`provenance needs ${RANGE_SIZE} bytes, ${room} are left`);
  const merged = mergeRanges(ranges, Math.floor(room / RANGE_SIZE));
  const data = new Uint8Array(merged.length * RANGE_SIZE);
  const view = viewOf(data);
  merged.forEach(({ offset, length }, index) => {
    provenanceLayout.offset.set(view, index * RANGE_SIZE, offset);
    provenanceLayout.length.set(view, index * RANGE_SIZE, length);
  });
  return { type: EXTENSION.provenance, data };
}

/** @throws Qcow2Error QCOW2_CORRUPT when the length is not a multiple of 16; QCOW2_TOO_LARGE above 2^53 - 1 */
export function decodeProvenance(data: Uint8Array): ByteRange[] {
  if (data.length % RANGE_SIZE !== 0) {
    const message = `provenance extension is ${data.length} bytes long, not a multiple of ${RANGE_SIZE}`;
    throw new Qcow2Error('QCOW2_CORRUPT', message, { detail: { field: 'provenance', value: data.length } });
  }
  const view = viewOf(data);
  return Array.from({ length: data.length / RANGE_SIZE }, (_, index) => ({
    offset: provenanceLayout.offset.get(view, index * RANGE_SIZE),
    length: provenanceLayout.length.get(view, index * RANGE_SIZE),
  }));
}

/** Ranges looked at together: a hostile disk can have millions. */
const PORTION = 65_536;

/** Ascending, disjoint ranges, at most `limit` of them, that cover every byte of `ranges`. */
function mergeRanges(ranges: Iterable<ByteRange>, limit: number): ByteRange[] {
  let gathered: ByteRange[] = [];
  for (const range of ranges) {
    gathered.push(range);
    if (gathered.length >= PORTION + limit) gathered = fewest(gathered, limit);
  }
  return fewest(gathered, limit);
}

function fewest(ranges: readonly ByteRange[], limit: number): ByteRange[] {
  const sorted = ranges.filter(({ length }) => length > 0).sort((a, b) => a.offset - b.offset);
  const disjoint = joinWithin(sorted, 0);
  if (disjoint.length <= limit) return disjoint;
  const gaps = disjoint.slice(1).map((range, index) => range.offset - endOf(disjoint[index] ?? range));
  gaps.sort((a, b) => a - b);
  // Joining over the (count - limit) smallest gaps leaves `limit` ranges; equal gaps may leave fewer.
  return joinWithin(disjoint, gaps[disjoint.length - limit - 1] ?? 0);
}

function joinWithin(sorted: readonly ByteRange[], gap: number): ByteRange[] {
  const joined: ByteRange[] = [];
  for (const range of sorted) {
    const last = joined.at(-1);
    if (last === undefined || range.offset > endOf(last) + gap) joined.push(range);
    else joined[joined.length - 1] = { offset: last.offset, length: Math.max(endOf(last), endOf(range)) - last.offset };
  }
  return joined;
}

const endOf = ({ offset, length }: ByteRange): number => offset + length;
