import { type Codec, loadCodec } from '../codec/codec.ts';
import { expectBytes } from '../testing/read.fixture.ts';
import type { ClusterFeed } from './cluster-feed.ts';
import { type CodedCluster, codeClusters } from './code-clusters.ts';

/** Gives clusters in batches; cluster `n` is filled by `fill`. Remembers the buffers that it was given. */
function feedOf(count: number, clusterSize: number, fill: (n: number, cluster: Uint8Array) => void) {
  const buffers = new Set<ArrayBufferLike>();
  let next = 0;
  const feed: ClusterFeed = {
    async next(into) {
      buffers.add(into.buffer);
      const start = next;
      const batch = Math.min(count - start, Math.floor(into.length / clusterSize));
      if (batch === 0) return undefined;
      into.fill(0xee);
      for (let n = 0; n < batch; n++) fill(start + n, into.subarray(n * clusterSize, (n + 1) * clusterSize));
      next += batch;
      return { start, count: batch };
    },
  };
  return { feed, buffers };
}

async function all(clusters: AsyncIterable<CodedCluster>): Promise<CodedCluster[]> {
  const list: CodedCluster[] = [];
  for await (const { bytes, ...rest } of clusters) list.push({ ...rest, bytes: bytes.slice() });
  return list;
}

/** Every third cluster is zeros, every third compresses, every third does not. */
function fill(n: number, cluster: Uint8Array): void {
  if (n % 3 === 0) cluster.fill(0);
  else if (n % 3 === 1) cluster.fill(n % 251 || 1);
  else
    for (let i = 0, seed = n; i < cluster.length; i++, seed = Math.imul(seed, 1_103_515_245) + 12_345)
      cluster[i] = seed >>> 23;
}

test.each([512, 4096, 16_384, 65_536])(
  'clusters of %d bytes are coded in their order, without those of zeros',
  async (clusterSize) => {
    const codec = await loadCodec('zlib');
    const { feed, buffers } = feedOf(200, clusterSize, fill);
    const coded = await all(codeClusters(feed, { clusterSize, codec }));
    expect(coded.map(({ guest }) => guest)).toEqual(
      Array.from({ length: 200 }, (_, n) => n).filter((n) => n % 3 !== 0),
    );
    for (const { guest, bytes, isCompressed } of coded) {
      const cluster = new Uint8Array(clusterSize);
      fill(guest, cluster);
      expect(isCompressed).toBe(guest % 3 === 1);
      if (isCompressed) expect(bytes.length).toBeLessThan(clusterSize);
      const found = isCompressed ? codec.decompressSync(bytes, clusterSize) : bytes;
      expectBytes(found ?? new Uint8Array(0), cluster);
    }
    // 50 batches of 64 KiB clusters: the buffers are used again.
    expect(buffers.size).toBeLessThanOrEqual(6);
  },
);

test('a cluster that does not become shorter is stored as it is', async () => {
  const codec: Codec = {
    ...(await loadCodec('zlib')),
    compressSync: (cluster) => new Uint8Array(cluster.length - (cluster[0] ?? 0)),
  };
  const { feed } = feedOf(3, 512, (n, cluster) => {
    cluster.fill(7);
    cluster[0] = n;
  });
  const coded = await all(codeClusters(feed, { clusterSize: 512, codec }));
  expect(coded.map(({ isCompressed, bytes }) => [isCompressed, bytes.length])).toEqual([
    [false, 512],
    [true, 511],
    [true, 510],
  ]);
});

test('a bounded number of clusters is compressed in advance', async () => {
  const zlib = await loadCodec('zlib');
  let begun = 0;
  const codec: Codec = {
    ...zlib,
    compress: (cluster) => {
      begun++;
      return zlib.compress(cluster);
    },
  };
  const coding = codeClusters(feedOf(100, 65_536, (n, cluster) => cluster.fill(n + 1)).feed, {
    clusterSize: 65_536,
    codec,
  });
  await coding.next();
  expect(begun).toBe(7);
  await coding.next();
  expect(begun).toBe(8);
  await coding.return(undefined);
});
