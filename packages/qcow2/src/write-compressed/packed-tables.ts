import type { ClusterRun } from '../base/cluster-runs.ts';
import type { ReferenceRun, StoredCluster } from '../write/table-clusters.ts';
import { Packing, touchedClusters } from './packing.ts';
import type { StoredLengths } from './stored-lengths.ts';

/** What is known of a packed data part. */
export interface PackedData {
  readonly clusterSize: number;
  /** Byte of the image where the data part starts; a multiple of the cluster size. */
  readonly dataOffset: number;
  readonly lengths: StoredLengths;
}

/** The stored clusters with their host offsets, in guest order. @param stored as many clusters as lengths */
export function* packedClusters(
  stored: Iterable<ClusterRun>,
  { clusterSize, dataOffset, lengths }: PackedData,
): Generator<StoredCluster> {
  const packing = new Packing(clusterSize);
  let ordinal = 0;
  for (const { start, count } of stored) {
    for (let guest = start; guest < start + count; guest++) {
      const compressedLength = lengths.at(ordinal++) ?? 0;
      yield { guest, offset: dataOffset + packing.place(compressedLength), compressedLength };
    }
  }
}

/**
 * How often each host cluster of the data part is referenced, ascending: once for a cluster stored as it is, once per
 * compressed cluster whose sectors touch it. Source: qcow2.rst, "Compressed Clusters Descriptor".
 */
export function* packedReferences({ clusterSize, dataOffset, lengths }: PackedData): Generator<ReferenceRun> {
  const packing = new Packing(clusterSize);
  const firstCluster = dataOffset / clusterSize;
  /** Counts of the clusters from `done` on: as few as the packing holds open. */
  const open: number[] = [];
  let done = 0;
  for (const length of lengths) {
    const offset = packing.place(length);
    const { first, last } = touchedClusters(offset, length === 0 ? clusterSize : length, clusterSize);
    for (let cluster = first; cluster <= last; cluster++) open[cluster - done] = (open[cluster - done] ?? 0) + 1;
    for (; done < packing.settled / clusterSize; done++) {
      yield { start: firstCluster + done, count: 1, references: open.shift() ?? 0 };
    }
  }
  for (const references of open) yield { start: firstCluster + done++, count: 1, references };
}
