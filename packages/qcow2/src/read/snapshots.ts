import { Qcow2Error } from '../base/errors.ts';
import { LIMITS } from '../base/limits.ts';
import type { Steps } from '../base/steps.ts';
import { viewOf } from '../format/field.ts';
import type { ImageInfo } from '../format/image-info.ts';
import {
  decodeSnapshot,
  SNAPSHOT_EXTRA_SIZE,
  SNAPSHOT_SIZE,
  type SnapshotInfo,
  snapshotLayout,
  snapshotLength,
} from '../format/snapshot-entry.ts';
import type { HostFile } from '../io/host-file.ts';
import { tableWindow } from '../io/table-window.ts';

/** The snapshots and the length of their table in bytes. */
export interface SnapshotTable {
  readonly snapshots: readonly SnapshotInfo[];
  readonly tableLength: number;
}

/**
 * Read the internal snapshots, in the table's order.
 *
 * @throws Qcow2Error QCOW2_TRUNCATED when the table is outside the file, QCOW2_CORRUPT, QCOW2_TOO_LARGE
 */
export function* readSnapshots(file: HostFile, { header, clusterSize }: ImageInfo): Steps<SnapshotTable> {
  const { snapshotCount, snapshotsOffset, version } = header;
  if (snapshotCount === 0) return { snapshots: [], tableLength: 0 };
  if (snapshotsOffset === 0 || snapshotsOffset % clusterSize !== 0) {
    const message = `snapshot table at byte ${snapshotsOffset} does not start at a cluster after the header`;
    throw new Qcow2Error('QCOW2_CORRUPT', message, { detail: { field: 'snapshots_offset', value: snapshotsOffset } });
  }
  const window = tableWindow(file, snapshotsOffset, 'snapshot table');
  const snapshots: SnapshotInfo[] = [];
  let at = 0;
  for (let index = 0; index < snapshotCount; index++) {
    const fixed = viewOf(yield* window(at, SNAPSHOT_SIZE));
    checkExtra(snapshotLayout.extra_data_size.get(fixed, 0), version, index);
    const length = snapshotLength(fixed);
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
  const detail = { field: 'extra_data_size', value: extra };
  if (extra > LIMITS.snapshotExtra) {
    const message = `snapshot ${index}: extra data of ${extra} bytes, the limit is ${LIMITS.snapshotExtra}`;
    throw new Qcow2Error('QCOW2_TOO_LARGE', message, { detail });
  }
  if (version === 3 && extra < SNAPSHOT_EXTRA_SIZE) {
    const message = `snapshot ${index}: extra data of ${extra} bytes, version 3 has at least ${SNAPSHOT_EXTRA_SIZE}`;
    throw new Qcow2Error('QCOW2_CORRUPT', message, { detail });
  }
}
