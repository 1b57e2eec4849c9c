import { type ClusterRun, ClusterRuns } from '../base/cluster-runs.ts';
import { LIMITS } from '../base/limits.ts';
import { l1EntriesFor, MAX_CLUSTER_BITS } from '../format/geometry.ts';
import { refcountSize } from '../format/refcount.ts';
import { ENTRY_BYTES } from '../format/table-entry.ts';
import {
  countTables,
  diskTooLarge,
  type FrontLayout,
  frontLayout,
  REFCOUNT_ORDER,
  roundToSector,
  standardGeometry,
} from './front-layout.ts';

/** The versions of the format. The C e2image reads only version 2; zstd needs 3. */
export type Qcow2Version = 2 | 3;

/** A plain (uncompressed) image: its layout is known to the last byte before the first one is written. */
export interface ImagePlan extends FrontLayout {
  readonly version: Qcow2Version;
  readonly virtualSize: number;
  readonly clusterBits: number;
  /** The guest clusters that are stored. */
  readonly runs: ClusterRuns;
}

export interface PlanOptions {
  /** Bytes of the disk; rounded up to a multiple of 512, as QEMU does with raw files. */
  readonly virtualSize: number;
  readonly clusterBits: number;
  readonly version: Qcow2Version;
  /** The guest clusters to store: ascending, disjoint, within the disk. */
  readonly runs: Iterable<ClusterRun>;
}

/**
 * Lay out a plain image: header, L1 table, refcount table, refcount blocks, L2 tables, then data in guest order. All of
 * it follows from the runs and the size, so `totalBytes` is exact and the image can be written to a pipe.
 *
 * The tables come before the data for two reasons: the C e2image ignores an L2 table whose offset is above the virtual
 * size (e2fsprogs lib/ext2fs/qcow2.c), and a reader of a pipe then needs to hold nothing back.
 *
 * @throws Qcow2Error QCOW2_TOO_LARGE when QEMU would refuse the tables: more clusters than the cluster size allows
 * @throws RangeError for runs that are not ascending or leave the disk, and for a cluster size that QEMU does not accept
 */
export function planImage({ virtualSize, clusterBits, version, runs }: PlanOptions): ImagePlan {
  const size = roundToSector(virtualSize);
  const stored = runs instanceof ClusterRuns ? runs : ClusterRuns.from(runs);
  const clusters = Math.ceil(size / 2 ** clusterBits);
  if (stored.end > clusters) throw new RangeError(`cluster ${stored.end - 1} is beyond a disk of ${clusters} clusters`);
  const layout = frontLayout({
    virtualSize: size,
    clusterBits,
    l2Tables: countTables(stored, clusterBits),
    dataClusters: stored.clusterCount,
  });
  return { ...layout, version, virtualSize: size, clusterBits, runs: stored };
}

/**
 * The smallest cluster size, from `least` on, with which QEMU opens a disk of `virtualSize` bytes even when it is full.
 * QEMU accepts an L1 table of 32 MiB and a refcount table of 8 MiB: with 4 KiB clusters that is just below 8 TiB, with
 * 1 KiB clusters 512 GiB.
 *
 * @returns log2 of the cluster size
 * @throws Qcow2Error QCOW2_TOO_LARGE when clusters of 2 MiB are too small
 */
export function chooseClusterBits(virtualSize: number, least: number): number {
  for (let bits = least; bits <= MAX_CLUSTER_BITS; bits++) {
    const dataClusters = Math.ceil(virtualSize / 2 ** bits);
    const l2Tables = l1EntriesFor(standardGeometry(bits), virtualSize);
    if (l2Tables * ENTRY_BYTES > LIMITS.l1Table) continue;
    const { tableClusters } = refcountSize({
      clusters: dataClusters + l2Tables,
      clusterBits: bits,
      order: REFCOUNT_ORDER,
    });
    if (tableClusters * 2 ** bits <= LIMITS.refcountTable) return bits;
  }
  throw diskTooLarge(virtualSize, MAX_CLUSTER_BITS);
}
