import { Buffer } from 'node:buffer';
import type { Source, SourceExtent } from '@e2image/qcow2';

/** Bytes compared at once. */
const UNIT = 256 * 1024;

/** Where two disks differ: `content` is different bytes, `status` is a hole against stored zeros. */
export interface Difference {
  readonly kind: 'content' | 'status';
  readonly offset: number;
}

/**
 * The first byte at which two disks differ; the shorter one counts as followed by zeros. Ranges that are holes in both are not read.
 *
 * @param isStrict a hole against stored zeros is a difference, too
 */
export function firstDifference(a: Source, b: Source, { isStrict }: { isStrict: boolean }): Difference | undefined {
  const size = Math.max(a.size, b.size);
  const buffers = { a: new Uint8Array(UNIT), b: new Uint8Array(UNIT) };
  for (let at = 0; at < size; ) {
    const left = extentOf(a, at, size);
    const right = extentOf(b, at, size);
    const length = Math.min(left.length, right.length);
    if (isStrict && left.kind !== right.kind) return { kind: 'status', offset: at };
    if (left.kind === 'data' || right.kind === 'data') {
      const offset = differenceIn({ a, b, left, right, buffers }, at, at + length);
      if (offset !== undefined) return { kind: 'content', offset };
    }
    at += length;
  }
  return undefined;
}

interface Pair {
  readonly a: Source;
  readonly b: Source;
  readonly left: SourceExtent;
  readonly right: SourceExtent;
  readonly buffers: { readonly a: Uint8Array; readonly b: Uint8Array };
}

function differenceIn({ a, b, left, right, buffers }: Pair, from: number, to: number): number | undefined {
  for (let at = from; at < to; at += UNIT) {
    const length = Math.min(UNIT, to - at);
    const bytesA = fill(a, left, buffers.a.subarray(0, length), at);
    const bytesB = fill(b, right, buffers.b.subarray(0, length), at);
    if (Buffer.compare(bytesA, bytesB) === 0) continue;
    return at + bytesA.findIndex((byte, index) => byte !== bytesB[index]);
  }
  return undefined;
}

function fill(source: Source, { kind }: SourceExtent, into: Uint8Array, offset: number): Uint8Array {
  if (kind === 'hole') return into.fill(0);
  source.readAt(into, offset);
  return into;
}

/** The extent at a byte; past the end of the disk: a hole to the end of the longer one. */
function extentOf(source: Source, offset: number, end: number): SourceExtent {
  if (offset >= source.size) return { kind: 'hole', offset, length: end - offset };
  return source.extentAt?.(offset) ?? { kind: 'data', offset, length: source.size - offset };
}
