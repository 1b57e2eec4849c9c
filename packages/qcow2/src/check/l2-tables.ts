import { Qcow2Error } from '../base/errors.ts';
import { lowerBound } from '../base/lower-bound.ts';
import type { Steps } from '../base/steps.ts';
import { viewOf } from '../format/field.ts';
import { checkL1Fields } from '../format/header-check.ts';
import type { ImageInfo } from '../format/image-info.ts';
import type { SnapshotInfo } from '../format/snapshot-entry.ts';
import {
  COPIED_HI,
  ENTRY_BYTES,
  entryOffset,
  L1_RESERVED_HI,
  L1_RESERVED_LO,
  tableEntryLayout,
} from '../format/table-entry.ts';
import { type HostFile, readTable } from '../io/host-file.ts';
import type { FindingSink } from './findings.ts';

/** Most L1 entries, of the active table and all snapshots together, that a check keeps: 64 MiB. */
const MAX_ENTRIES = 2 ** 23;

/** One L1 table, with what names it. */
interface L1Table {
  readonly offset: number;
  readonly entries: number;
  readonly isActive: boolean;
}

/**
 * Which L2 tables the L1 tables of an image name, and how often. Some images name one table millions of times: it is
 * walked once.
 */
export interface L2Tables {
  readonly l1Tables: readonly L1Table[];
  /** Host byte of each L2 table of the active L1 table in order, 0 where an entry has none. */
  readonly active: Float64Array;
  /** One bit of each active entry, as 0 or 1: COPIED. */
  readonly copied: Uint8Array;
  /** Host bytes of all L2 tables that any L1 table names, ascending, as often as they are named. */
  readonly all: Float64Array;
}

/** Read all L1 tables. Entries that cannot be are reported and left out. */
export function* readL1Tables(
  file: HostFile,
  info: ImageInfo,
  snapshots: readonly SnapshotInfo[],
  sink: FindingSink,
): Steps<L2Tables> {
  const { l1Offset, l1Entries } = info.header;
  const wanted = [
    { offset: l1Offset, entries: l1Entries, isActive: true },
    ...snapshots.map((snapshot) => ({ offset: snapshot.l1Offset, entries: snapshot.l1Entries, isActive: false })),
  ];
  const l1Tables = wanted.filter((table) => isReadable(table, file, info, sink));
  const total = l1Tables.reduce((sum, { entries }) => sum + entries, 0);
  if (total > MAX_ENTRIES) {
    const message = `the L1 tables have ${total} entries together, a check takes ${MAX_ENTRIES}`;
    throw new Qcow2Error('QCOW2_TOO_LARGE', message, {
      detail: { field: 'l1_size', value: total, limit: MAX_ENTRIES },
    });
  }
  const isActiveReadable = l1Tables[0]?.isActive === true;
  const active = new Float64Array(isActiveReadable ? l1Entries : 0);
  const copied = new Uint8Array(active.length);
  const all = new Float64Array(total);
  let filled = 0;
  for (const table of l1Tables) {
    const view = viewOf(yield* readTable(file, table.entries * 8, table.offset, { what: 'L1 table' }));
    const context = { table, info, sink };
    for (let index = 0; index < table.entries; index++) {
      const offset = checkedEntry(view, index, context);
      if (table.isActive) {
        active[index] = offset;
        copied[index] = tableEntryLayout.hi.get(view, index * ENTRY_BYTES) >= COPIED_HI ? 1 : 0;
      }
      if (offset !== 0) all[filled++] = offset;
    }
  }
  return { l1Tables, active, copied, all: all.subarray(0, filled).sort() };
}

function isReadable(
  { offset, entries, isActive }: L1Table,
  file: HostFile,
  info: ImageInfo,
  sink: FindingSink,
): boolean {
  if (entries === 0) return false;
  const name = isActive ? 'active L1 table' : 'L1 table of a snapshot';
  try {
    checkL1Fields(entries, offset, info.clusterSize);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    sink.report({ kind: 'corruption', what: 'unaligned', message: `${name}: ${why}`, hostOffset: offset });
    return false;
  }
  if (offset > 0 && offset + entries * 8 <= file.source.size) return true;
  const message = `${name} at byte ${offset} with ${entries} entries is outside the image of ${file.source.size} bytes`;
  sink.report({ kind: 'corruption', what: 'beyond-end', message, hostOffset: offset });
  return false;
}

/** The L2 table of an L1 entry; 0 when it has none, or an invalid one. */
function checkedEntry(
  view: DataView,
  index: number,
  { table, info, sink }: { table: L1Table; info: ImageInfo; sink: FindingSink },
): number {
  const hi = tableEntryLayout.hi.get(view, index * ENTRY_BYTES);
  const lo = tableEntryLayout.lo.get(view, index * ENTRY_BYTES);
  const offset = entryOffset(hi, lo);
  const hostOffset = table.offset + index * ENTRY_BYTES;
  if ((hi & L1_RESERVED_HI) !== 0 || (lo & L1_RESERVED_LO) !== 0) {
    const message = `L1 entry ${index} has reserved bits set`;
    sink.report({ kind: 'corruption', what: 'reserved-bits', message, hostOffset });
  }
  if (offset % info.clusterSize === 0) return offset;
  const message = `L1 entry ${index}: L2 table at byte ${offset} is not aligned`;
  sink.report({ kind: 'corruption', what: 'unaligned', message, hostOffset });
  return 0;
}

/** How often a table is named. @param all ascending */
export function timesNamed(all: Float64Array, offset: number): { first: number; times: number } {
  const first = lowerBound(all.length, (index) => (all[index] ?? 0) < offset);
  // `<=` and not `< offset + 1`: above 2^53 the two offsets are the same number.
  return { first, times: lowerBound(all.length, (index) => (all[index] ?? 0) <= offset) - first };
}
