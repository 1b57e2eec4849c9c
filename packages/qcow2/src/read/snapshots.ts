import { Qcow2Error } from '../base/errors.ts';
import type { Steps } from '../base/steps.ts';
import { type Field, getU64, u16, u32, u64, viewOf } from '../format/be.ts';
import { LIMITS } from '../format/header-check.ts';
import { decodeText, type ImageInfo } from '../format/image-info.ts';
import type { HostFile } from '../io/host-file.ts';
import { tableWindow } from '../io/table-window.ts';

/** The fixed part of a snapshot table entry. Source: qcow2.rst, "Snapshots". */
export const snapshotLayout = {
  l1_table_offset: u64(0),
  l1_size: u32(8),
  id_str_size: u16(12),
  name_size: u16(14),
  date_sec: u32(16),
  date_nsec: u32(20),
  vm_clock_nsec_hi: u32(24),
  vm_clock_nsec_lo: u32(28),
  vm_state_size: u32(32),
  extra_data_size: u32(36),
} as const satisfies Record<string, Field>;

const FIXED_SIZE = 40;
/** Extra data that every version 3 snapshot has: the large state size and the disk size. */
const EXTRA_V3 = 16;

/** One internal snapshot. */
export interface SnapshotInfo {
  readonly id: string;
  readonly name: string;
  readonly l1Offset: number;
  readonly l1Entries: number;
  /** Time it was taken: seconds since 1970 and nanoseconds. */
  readonly seconds: number;
  readonly nanoseconds: number;
  /** How long the machine had run. */
  readonly vmClockNanoseconds: bigint;
  /** Bytes of the machine's state; it lies behind the virtual disk's end. */
  readonly vmStateSize: number;
  /** Bytes of the virtual disk when it was taken; undefined: not told, take the current size. */
  readonly diskSize: number | undefined;
}

/** The snapshots and how many bytes their table takes. */
export interface SnapshotTable {
  readonly snapshots: readonly SnapshotInfo[];
  readonly tableLength: number;
}

/**
 * The internal snapshots, in the table's order.
 *
 * @throws Qcow2Error QCOW2_TRUNCATED when the table lies outside the file, QCOW2_CORRUPT, QCOW2_TOO_LARGE
 */
export function* readSnapshots(file: HostFile, { header, clusterSize }: ImageInfo): Steps<SnapshotTable> {
  const { snapshotCount, snapshotsOffset, version } = header;
  if (snapshotCount === 0) return { snapshots: [], tableLength: 0 };
  if (snapshotsOffset === 0 || snapshotsOffset % clusterSize !== 0) {
    const message = `snapshot table at byte ${snapshotsOffset} is not on a cluster of its own`;
    throw new Qcow2Error('QCOW2_CORRUPT', message, { detail: { field: 'snapshots_offset', value: snapshotsOffset } });
  }
  const window = tableWindow(file, snapshotsOffset, 'snapshot table');
  const snapshots: SnapshotInfo[] = [];
  let at = 0;
  for (let index = 0; index < snapshotCount; index++) {
    const fixed = viewOf(yield* window(at, FIXED_SIZE));
    const extra = snapshotLayout.extra_data_size.get(fixed, 0);
    checkExtra(extra, version, index);
    const length =
      FIXED_SIZE + extra + snapshotLayout.id_str_size.get(fixed, 0) + snapshotLayout.name_size.get(fixed, 0);
    snapshots.push(decodeSnapshot(yield* window(at, length)));
    at += Math.ceil(length / 8) * 8;
    if (at > LIMITS.snapshotTable) {
      const message = `snapshot table is longer than ${LIMITS.snapshotTable} bytes`;
      throw new Qcow2Error('QCOW2_TOO_LARGE', message, {
        detail: { field: 'snapshots_offset', limit: LIMITS.snapshotTable },
      });
    }
  }
  return { snapshots, tableLength: at };
}

function checkExtra(extra: number, version: 2 | 3, index: number): void {
  if (extra > LIMITS.snapshotExtra) {
    const message = `snapshot ${index}: extra data of ${extra} bytes, the limit is ${LIMITS.snapshotExtra}`;
    throw new Qcow2Error('QCOW2_TOO_LARGE', message, { detail: { field: 'extra_data_size', value: extra } });
  }
  if (version === 3 && extra < EXTRA_V3) {
    const message = `snapshot ${index}: extra data of ${extra} bytes, version 3 has at least ${EXTRA_V3}`;
    throw new Qcow2Error('QCOW2_CORRUPT', message, { detail: { field: 'extra_data_size', value: extra } });
  }
}

/** Decode one entry. @param entry all its bytes, without the padding */
function decodeSnapshot(entry: Uint8Array): SnapshotInfo {
  const view = viewOf(entry);
  const f = snapshotLayout;
  const extra = f.extra_data_size.get(view, 0);
  const idAt = FIXED_SIZE + extra;
  const nameAt = idAt + f.id_str_size.get(view, 0);
  const clock = (BigInt(f.vm_clock_nsec_hi.get(view, 0)) << 32n) + BigInt(f.vm_clock_nsec_lo.get(view, 0));
  return {
    id: decodeText(entry.subarray(idAt, nameAt)),
    name: decodeText(entry.subarray(nameAt, nameAt + f.name_size.get(view, 0))),
    l1Offset: f.l1_table_offset.get(view, 0),
    l1Entries: f.l1_size.get(view, 0),
    seconds: f.date_sec.get(view, 0),
    nanoseconds: f.date_nsec.get(view, 0),
    vmClockNanoseconds: clock,
    vmStateSize: extra >= 8 ? getU64(view, FIXED_SIZE) : f.vm_state_size.get(view, 0),
    diskSize: extra >= EXTRA_V3 ? getU64(view, FIXED_SIZE + 8) : undefined,
  };
}
