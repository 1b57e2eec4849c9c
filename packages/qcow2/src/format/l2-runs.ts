import type { ClusterRun } from '../base/cluster-runs.ts';
import { lowerBound } from '../base/lower-bound.ts';
import { viewOf } from './field.ts';
import { type Geometry, SUBCLUSTERS } from './geometry.ts';
import {
  COMPRESSED_HI,
  COPIED_HI,
  compressedRange,
  entryOffset,
  extendedEntryLayout,
  isCompressedValid,
  L1_RESERVED_HI,
  L1_RESERVED_LO,
  L2_RESERVED_HI,
  L2_RESERVED_LO,
  ZERO_LO,
} from './table-entry.ts';

/** Offsets in an entry. The loop over the entries reads them itself: it runs once per cluster of the disk. */
const LO = extendedEntryLayout.lo.offset;
const ZEROS = extendedEntryLayout.zeros.offset;
const ALLOCATED = extendedEntryLayout.allocated.offset;

/**
 * What a run of units is: `unallocated` is read from the backing file, `zero` reads as zeros, `data` is stored as it is,
 * `compressed` is one compressed cluster, `invalid` is damaged (reading it fails; other units are not affected).
 */
export type RunKind = 'unallocated' | 'zero' | 'data' | 'compressed' | 'invalid';

/** Units of one kind with consecutive host offsets. A unit is a cluster, or a subcluster with extended L2. */
export interface L2Run extends ClusterRun {
  readonly kind: RunKind;
  /**
   * Host byte of the first unit, -1: none. `unallocated` and `zero` may have space set aside, whose contents must not
   * be read.
   */
  readonly host: number;
  /** Host bytes of a compressed cluster, at most. */
  readonly span: number;
  /** Why it cannot be. */
  readonly reason: string;
}

/** How to read the entries of L1 and L2 tables. */
export interface L2Rules {
  readonly geometry: Geometry;
  readonly version: 2 | 3;
  /** The guest data is in another file: offset 0 is then valid when the COPIED bit is set. */
  readonly hasDataFile: boolean;
  /** Whether set reserved bits make an entry invalid. QEMU reads on. */
  readonly reserved: 'error' | 'ignore';
}

/**
 * Decode consecutive L2 entries into maximal runs, in order and without gaps.
 *
 * Source: qcow2.rst, "L2 table entry", "Extended L2 Entries".
 *
 * @param entries whole entries of one table; borrowed
 */
export function decodeL2(entries: Uint8Array, rules: L2Rules): L2Run[] {
  const { geometry } = rules;
  const { clusterSize, unitSize } = geometry;
  const view = viewOf(entries);
  const runs = new RunList(unitSize);
  const unitsPerEntry = clusterSize / unitSize;
  for (let at = 0; at < entries.length; at += geometry.l2EntrySize) {
    const hi = view.getUint32(at);
    const lo = view.getUint32(at + LO);
    if (hi & COMPRESSED_HI) addCompressed(runs, hi, lo, rules);
    else {
      const reason = fault(hi, lo, rules);
      const host = entryOffset(hi, lo);
      const isPlaced = host !== 0 || (rules.hasDataFile && (hi & COPIED_HI) !== 0);
      if (reason !== '') runs.add('invalid', unitsPerEntry, host, reason);
      else if (geometry.extendedL2) addSubclusters(runs, view, at, isPlaced ? host : -1);
      else if (lo & ZERO_LO) runs.add('zero', 1, isPlaced ? host : -1);
      else if (isPlaced) runs.add('data', 1, host);
      else runs.add('unallocated', 1, -1);
    }
  }
  return runs.list;
}

/** Why an L1 entry that names a table cannot be; empty: it can. */
export function l1Fault(hi: number, lo: number, { geometry, reserved }: L2Rules): string {
  if ((lo & ~L1_RESERVED_LO & (geometry.clusterSize - 1)) !== 0) return 'unaligned L2 table offset in L1';
  const isReservedSet = (hi & L1_RESERVED_HI) !== 0 || (lo & L1_RESERVED_LO) !== 0;
  return isReservedSet && reserved === 'error' ? 'reserved bits set in L1' : '';
}

/** Why a standard entry cannot be; empty: it can. */
function fault(hi: number, lo: number, { geometry, version, hasDataFile, reserved }: L2Rules): string {
  if ((lo & ~(L2_RESERVED_LO | ZERO_LO) & (geometry.clusterSize - 1)) !== 0) return 'unaligned host offset';
  if ((lo & ZERO_LO) !== 0 && version === 2) return 'zero flag in version 2';
  if ((lo & ZERO_LO) !== 0 && geometry.extendedL2) return 'zero flag beside subclusters';
  if (reserved === 'ignore') return '';
  if ((hi & L2_RESERVED_HI) !== 0 || (lo & L2_RESERVED_LO) !== 0) return 'reserved bits set';
  const isCopiedNothing = (hi & COPIED_HI) !== 0 && entryOffset(hi, lo) === 0 && !hasDataFile;
  return isCopiedNothing ? 'COPIED bit without a host offset' : '';
}

function addCompressed(runs: RunList, hi: number, lo: number, { geometry, hasDataFile }: L2Rules): void {
  const { offset, length } = compressedRange(hi, lo, geometry.clusterBits);
  const units = geometry.clusterSize / geometry.unitSize;
  if (hasDataFile) runs.add('invalid', units, offset, 'compressed cluster beside a data file');
  else if (!isCompressedValid(hi, geometry.clusterBits)) runs.add('invalid', units, offset, 'host offset above 2^56');
  else runs.add('compressed', units, offset, '', length);
}

/** Add the 32 subclusters of the entry at byte `at`. */
function addSubclusters(runs: RunList, view: DataView, at: number, host: number): void {
  const zeros = view.getUint32(at + ZEROS);
  const allocated = view.getUint32(at + ALLOCATED);
  if ((zeros & allocated) !== 0) runs.add('invalid', SUBCLUSTERS, host, 'subcluster both allocated and zero');
  else if (allocated !== 0 && host < 0) runs.add('invalid', SUBCLUSTERS, host, 'subclusters without a host offset');
  else if (zeros === 0 && allocated === 0xffff_ffff) runs.add('data', SUBCLUSTERS, host);
  else if (zeros === 0 && allocated === 0) runs.add('unallocated', SUBCLUSTERS, host);
  else {
    for (let unit = 0; unit < SUBCLUSTERS; unit++) {
      const kind = (allocated >>> unit) & 1 ? 'data' : (zeros >>> unit) & 1 ? 'zero' : 'unallocated';
      runs.add(kind, 1, host < 0 ? -1 : host + unit * runs.unitSize);
    }
  }
}

/** Runs under construction: an addition that continues the last run makes it longer. */
class RunList {
  readonly list: { kind: RunKind; start: number; count: number; host: number; span: number; reason: string }[] = [];
  readonly unitSize: number;
  #next = 0;

  constructor(unitSize: number) {
    this.unitSize = unitSize;
  }

  add(kind: RunKind, count: number, host: number, reason = '', span = 0): void {
    const last = this.list.at(-1);
    const mergeable = kind !== 'compressed' && kind !== 'invalid' && last !== undefined && last.kind === kind;
    if (mergeable && (host < 0 ? last.host < 0 : last.host >= 0 && host === last.host + last.count * this.unitSize)) {
      last.count += count;
    } else this.list.push({ kind, start: this.#next, count, host, span, reason });
    this.#next += count;
  }
}

/** The run that holds `unit`. @param runs as `decodeL2` returns them */
export function findRun(runs: readonly L2Run[], unit: number): L2Run | undefined {
  return runs[lowerBound(runs.length, (index) => (runs[index]?.start ?? 0) <= unit) - 1];
}
