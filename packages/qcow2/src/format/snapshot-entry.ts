import { type Field, u16, u32, u64, viewOf } from './field.ts';
import { decodeText } from './text.ts';

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

/** Bytes of the fixed part. The extra data, the id and the name follow. */
export const SNAPSHOT_SIZE = 40;

/** The start of the extra data, which every version 3 snapshot has. Source: qcow2.rst, "Snapshots". */
export const snapshotExtraLayout = {
  vm_state_size_large: u64(0),
  disk_size: u64(8),
} as const satisfies Record<string, Field>;

/** Bytes of extra data that a version 3 snapshot has at least. */
export const SNAPSHOT_EXTRA_SIZE = 16;

/** One internal snapshot. */
export interface SnapshotInfo {
  readonly id: string;
  readonly name: string;
  readonly l1Offset: number;
  readonly l1Entries: number;
  /** Time when it was taken: seconds since 1970, and nanoseconds. */
  readonly seconds: number;
  readonly nanoseconds: number;
  /** How long the machine had run. */
  readonly vmClockNanoseconds: bigint;
  /** Bytes of the machine's state, which is stored after the end of the virtual disk. */
  readonly vmStateSize: number;
  /** Bytes of the virtual disk when it was taken; undefined: not stored, take the current size. */
  readonly diskSize: number | undefined;
}

/**
 * Bytes of a snapshot table entry, without the padding to a multiple of 8.
 *
 * @param fixed its fixed part
 */
export function snapshotLength(fixed: DataView): number {
  const { extra_data_size, id_str_size, name_size } = snapshotLayout;
  return SNAPSHOT_SIZE + extra_data_size.get(fixed, 0) + id_str_size.get(fixed, 0) + name_size.get(fixed, 0);
}

/**
 * Decode one entry of the snapshot table.
 *
 * @param entry all its bytes, without the padding
 * @throws Qcow2Error QCOW2_TOO_LARGE for an offset or size above 2^53 - 1
 */
export function decodeSnapshot(entry: Uint8Array): SnapshotInfo {
  const view = viewOf(entry);
  const f = snapshotLayout;
  const extra = f.extra_data_size.get(view, 0);
  const idAt = SNAPSHOT_SIZE + extra;
  const nameAt = idAt + f.id_str_size.get(view, 0);
  const clock = (BigInt(f.vm_clock_nsec_hi.get(view, 0)) << 32n) + BigInt(f.vm_clock_nsec_lo.get(view, 0));
  const { vm_state_size_large: largeState, disk_size: diskSize } = snapshotExtraLayout;
  return {
    id: decodeText(entry.subarray(idAt, nameAt)),
    name: decodeText(entry.subarray(nameAt, nameAt + f.name_size.get(view, 0))),
    l1Offset: f.l1_table_offset.get(view, 0),
    l1Entries: f.l1_size.get(view, 0),
    seconds: f.date_sec.get(view, 0),
    nanoseconds: f.date_nsec.get(view, 0),
    vmClockNanoseconds: clock,
    vmStateSize: extra >= largeState.size ? largeState.get(view, SNAPSHOT_SIZE) : f.vm_state_size.get(view, 0),
    diskSize: extra >= SNAPSHOT_EXTRA_SIZE ? diskSize.get(view, SNAPSHOT_SIZE) : undefined,
  };
}
