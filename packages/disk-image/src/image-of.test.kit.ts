import { memorySource } from '@e2image/sparse-io';
import { MemorySink } from '@e2image/sparse-io/testing';
import { type Qcow2Options, writeQcow2 } from './write-qcow2.ts';

/** A disk of 32 clusters of 512 bytes: the first three and the last contain data. */
export const diskBytes = new Uint8Array(32 * 512).fill(1, 0, 3 * 512).fill(2, 31 * 512);

/** A QCOW2 image with clusters of 512 bytes that stores all of a disk, or nothing of it. */
export async function imageOf(
  bytes: Uint8Array,
  { isEmpty = false, ...options }: Omit<Qcow2Options, 'layout'> & { readonly isEmpty?: boolean } = {},
): Promise<Uint8Array> {
  const sink = new MemorySink();
  const runs = isEmpty ? [] : [{ start: 0, count: bytes.length / 512 }];
  const version = options.compression?.type === 'zstd' ? 3 : 2;
  const layout = { virtualSize: bytes.length, clusterBits: 9, version, runs } as const;
  const written = await writeQcow2(memorySource(bytes), sink, { layout, ...options });
  await sink.finish(written.bytes);
  return sink.bytes;
}
