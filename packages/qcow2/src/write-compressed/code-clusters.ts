import type { Codec } from '../codec/codec.ts';
import { ZeroClusters } from '../io/zero-clusters.ts';
import type { ClusterFeed } from './cluster-feed.ts';

/** Bytes read at once. */
const BATCH_BYTES = 1 << 18;
/** Bytes of clusters that are being compressed at a time, and bounds on their number. */
const AHEAD_BYTES = 3 << 17;
const MIN_AHEAD = 4;
const MAX_AHEAD = 16;
/**
 * Clusters up to this size are compressed at once, on this thread. Measured with 256 MiB in clusters of 4 KiB: handing
 * them to other threads and back took as long as compressing them, 80 % more CPU, and 30 MiB.
 */
const INLINE_BYTES = 4096;

/** A guest cluster as it will be stored. */
export interface CodedCluster {
  readonly guest: number;
  /** The compressed stream, or the cluster as it is if that is not longer; overwritten when the next one is asked for. */
  readonly bytes: Uint8Array;
  readonly isCompressed: boolean;
}

/** A buffer of clusters, in use by so many. */
interface Lease {
  readonly buffer: Uint8Array;
  uses: number;
}

interface Job {
  readonly guest: number;
  readonly cluster: Uint8Array;
  readonly coded: Uint8Array | Promise<Uint8Array>;
  readonly lease: Lease;
}

/**
 * Compress clusters, all but small ones several at a time on the threads of the runtime, and return them in order.
 * Clusters of zeros are left out. Memory is bounded: `AHEAD_BYTES` are compressed in advance, in buffers that are reused (new
 * ones needed twice the memory before they were collected).
 */
export async function* codeClusters(
  feed: ClusterFeed,
  { clusterSize, codec }: { readonly clusterSize: number; readonly codec: Codec },
): AsyncGenerator<CodedCluster> {
  const zeros = new ZeroClusters(clusterSize);
  const isInline = clusterSize <= INLINE_BYTES;
  const ahead = isInline ? 0 : Math.max(MIN_AHEAD, Math.min(MAX_AHEAD, AHEAD_BYTES / clusterSize));
  const free: Uint8Array[] = [];
  const release = (lease: Lease): void => {
    lease.uses--;
    if (lease.uses === 0) free.push(lease.buffer);
  };
  const jobs: Job[] = [];
  for (;;) {
    const lease: Lease = { buffer: free.pop() ?? new Uint8Array(Math.max(BATCH_BYTES, clusterSize)), uses: 1 };
    const clusters = await feed.next(lease.buffer);
    if (clusters === undefined) break;
    for (let index = 0; index < clusters.count; index++) {
      if (zeros.has(lease.buffer, index)) continue;
      const cluster = lease.buffer.subarray(index * clusterSize, (index + 1) * clusterSize);
      const coded = isInline ? codec.compressSync(cluster) : compressLater(codec, cluster);
      lease.uses++;
      jobs.push({ guest: clusters.start + index, cluster, coded, lease });
      const oldest = jobs.length > ahead ? jobs.shift() : undefined;
      if (oldest === undefined) continue;
      yield await finished(oldest);
      release(oldest.lease);
    }
    release(lease);
  }
  for (const job of jobs) yield await finished(job);
}

function compressLater(codec: Codec, cluster: Uint8Array): Promise<Uint8Array> {
  const coded = codec.compress(cluster);
  // Awaited later, or never when the caller stops early: until then a failure must not count as unhandled.
  coded.catch(() => undefined);
  return coded;
}

async function finished({ guest, cluster, coded }: Job): Promise<CodedCluster> {
  const compressed = await coded;
  const isCompressed = compressed.length < cluster.length;
  return { guest, bytes: isCompressed ? compressed : cluster, isCompressed };
}
