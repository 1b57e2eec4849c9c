import type { Steps } from '../base/steps.ts';
import { viewOf } from '../format/field.ts';
import { geometryOf } from '../format/geometry.ts';
import { usesDataFile, usesExtendedL2 } from '../format/header-check.ts';
import type { ImageInfo } from '../format/image-info.ts';
import {
  COMPRESSED_HI,
  COPIED_HI,
  compressedRange,
  entryOffset,
  extendedEntryLayout,
  isCompressedValid,
  L2_RESERVED_HI,
  L2_RESERVED_LO,
} from '../format/table-entry.ts';
import type { FindingSink } from './findings.ts';
import type { StoredRefcounts } from './stored-refcounts.ts';

/** Offsets in an entry. The loop over the entries reads them itself: it runs once per cluster of the disk. */
const LO = extendedEntryLayout.lo.offset;
const ZEROS = extendedEntryLayout.zeros.offset;
const ALLOCATED = extendedEntryLayout.allocated.offset;

/** What the walk over L2 entries needs and feeds. */
export interface L2Walk {
  readonly info: ImageInfo;
  readonly sink: FindingSink;
  /** Count references to host bytes; `what` names the referrer. */
  reference(offset: number, length: number, times: number, what: string): void;
  /** To compare COPIED bits with; undefined: do not. */
  readonly stored: StoredRefcounts | undefined;
  /** Figures of the active tables. */
  readonly figures: { allocated: number; fragmented: number; compressed: number; next: number };
}

/** One L2 table. */
export interface L2Visit {
  readonly bytes: Uint8Array;
  /** How often the L1 tables name it. */
  readonly times: number;
  /** Guest byte of its first entry when an active L1 entry names it; else undefined. */
  readonly guestOffset: number | undefined;
}

/** Count what the entries of a table refer to, and report those that cannot be. */
export function* walkL2(walk: L2Walk, { bytes, times, guestOffset }: L2Visit): Steps<void> {
  const { info } = walk;
  const geometry = geometryOf({ clusterBits: info.header.clusterBits, extendedL2: usesExtendedL2(info.header) });
  const { clusterSize, l2EntrySize } = geometry;
  const hasDataFile = usesDataFile(info.header);
  const view = viewOf(bytes);
  // As QEMU counts: the first cluster of each table is not fragmented.
  walk.figures.next = 0;
  for (let at = 0; at < bytes.length; at += l2EntrySize) {
    const hi = view.getUint32(at);
    const lo = view.getUint32(at + LO);
    const guest = guestOffset === undefined ? undefined : guestOffset + (at / l2EntrySize) * clusterSize;
    const bitmap = geometry.extendedL2
      ? { zeros: view.getUint32(at + ZEROS), allocated: view.getUint32(at + ALLOCATED) }
      : undefined;
    if (hi === 0 && lo <= 1 && bitmap === undefined) continue;
    if (hi & COMPRESSED_HI) {
      walkCompressed(walk, { hi, lo, guest, times, hasDataFile });
      continue;
    }
    const host = entryOffset(hi, lo);
    const isPlain = bitmap === undefined && (hi & L2_RESERVED_HI) === 0 && (lo & (clusterSize - 2)) === 0;
    const isSound = isPlain || checkStandard(walk, { hi, lo, host, guest, bitmap, clusterSize });
    const isPlaced = host !== 0 || (hasDataFile && hi >= COPIED_HI);
    if (!isSound || !isPlaced) continue;
    // Clusters of a data file are not counted.
    if (!hasDataFile) walk.reference(host, clusterSize, times, 'guest data');
    if (guest === undefined) continue;
    countFigures(walk, host, clusterSize);
    if (walk.stored === undefined || hasDataFile) continue;
    const cluster = host / clusterSize;
    const count = walk.stored.peek(cluster) ?? (yield* walk.stored.of(cluster));
    if ((count === 1) !== hi >= COPIED_HI) reportCopied(walk.sink, { host, guest, count });
  }
}

function walkCompressed(
  walk: L2Walk,
  entry: { hi: number; lo: number; guest: number | undefined; times: number; hasDataFile: boolean },
): void {
  const { hi, lo, guest, times, hasDataFile } = entry;
  const { clusterBits } = walk.info.header;
  const { offset, length } = compressedRange(hi, lo, clusterBits);
  const where = { hostOffset: offset, ...(guest === undefined ? {} : { guestOffset: guest }) };
  if (hi >= COPIED_HI) {
    const message = `compressed cluster at byte ${offset} has the COPIED bit`;
    walk.sink.report({ kind: 'corruption', what: 'copied-flag', message, ...where });
  }
  if (hasDataFile || !isCompressedValid(hi, clusterBits)) {
    const message = hasDataFile
      ? 'compressed cluster beside a data file'
      : `compressed cluster at byte ${offset}, above 2^56`;
    walk.sink.report({ kind: 'corruption', what: hasDataFile ? 'data-file' : 'reserved-bits', message, ...where });
    return;
  }
  walk.reference(offset - (offset % 512), length + (offset % 512), times, 'compressed cluster');
  if (guest === undefined) return;
  walk.figures.allocated++;
  walk.figures.compressed++;
  // QEMU counts each compressed cluster as fragmented.
  walk.figures.fragmented++;
}

/** Report what is invalid in a standard entry. @returns whether its host cluster can be counted */
function checkStandard(
  { sink, info }: L2Walk,
  entry: {
    hi: number;
    lo: number;
    host: number;
    guest: number | undefined;
    bitmap: { zeros: number; allocated: number } | undefined;
    clusterSize: number;
  },
): boolean {
  const { hi, lo, host, guest, bitmap, clusterSize } = entry;
  const where = { hostOffset: host, ...(guest === undefined ? {} : { guestOffset: guest }) };
  const name = `L2 entry of guest byte ${guest ?? '(snapshot)'}`;
  if ((hi & L2_RESERVED_HI) !== 0 || (lo & L2_RESERVED_LO) !== 0 || (bitmap !== undefined && (lo & 1) !== 0)) {
    sink.report({ kind: 'corruption', what: 'reserved-bits', message: `${name} has reserved bits set`, ...where });
  }
  if (bitmap !== undefined && (bitmap.zeros & bitmap.allocated) !== 0) {
    const message = `${name} has subclusters that are both allocated and zero`;
    sink.report({ kind: 'corruption', what: 'subclusters', message, ...where });
  }
  if (bitmap !== undefined && bitmap.allocated !== 0 && host === 0 && !usesDataFile(info.header)) {
    const message = `${name} has allocated subclusters without a host offset`;
    sink.report({ kind: 'corruption', what: 'subclusters', message, ...where });
  }
  if (host % clusterSize === 0) return true;
  sink.report({ kind: 'corruption', what: 'unaligned', message: `${name}: byte ${host} is not aligned`, ...where });
  return false;
}

function countFigures({ figures }: L2Walk, host: number, clusterSize: number): void {
  figures.allocated++;
  if (figures.next !== 0 && host !== figures.next) figures.fragmented++;
  figures.next = host + clusterSize;
}

function reportCopied(sink: FindingSink, { host, guest, count }: { host: number; guest: number; count: number }): void {
  const message = `COPIED bit of the cluster at byte ${host} (guest byte ${guest}) disagrees with its refcount ${count}`;
  sink.report({ kind: 'corruption', what: 'copied-flag', message, hostOffset: host, guestOffset: guest, found: count });
}
