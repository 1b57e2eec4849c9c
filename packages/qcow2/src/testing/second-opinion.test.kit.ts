import { constants, inflateRawSync } from 'node:zlib';
import { availableCodec } from '../codec/codec.ts';

/*
 * A slow reader and checker with bigint, written from qcow2.rst and sharing no code with the package but zstd: what the
 * writers write is judged by it.
 */

const OFFSET = 0x00ff_ffff_ffff_fe00n;
const COPIED = 1n << 63n;
const COMPRESSED = 1n << 62n;

/** The guest's bytes, and everything that `qemu-img check` would report. */
export interface Opinion {
  readonly guest: Uint8Array;
  readonly faults: readonly string[];
  /** Clusters of the file that nothing refers to. */
  readonly free: number;
}

/** Read a whole image without backing file. */
export function secondOpinion(image: Uint8Array): Opinion {
  const view = new DataView(image.buffer, image.byteOffset, image.byteLength);
  const u64 = (at: number) => view.getBigUint64(at);
  const bits = view.getUint32(20);
  const size = 2 ** bits;
  const isZstd = view.getUint32(4) === 3 && (view.getUint32(76) & 8) !== 0;
  const guest = new Uint8Array(Number(u64(24)));
  const references = new Map<number, number>();
  const faults: string[] = [];
  const refer = (offset: number, length: number, what: string) => {
    for (let cluster = Math.floor(offset / size); cluster * size < offset + length; cluster++) {
      references.set(cluster, (references.get(cluster) ?? 0) + 1);
      if ((cluster + 1) * size > image.length) faults.push(`${what} at ${offset} is beyond the file`);
    }
  };
  refer(0, size, 'header');
  const l1Entries = view.getUint32(36);
  const l1Offset = Number(u64(40));
  refer(l1Offset, l1Entries * 8, 'L1');
  const tableOffset = Number(u64(48));
  const tableClusters = view.getUint32(56);
  refer(tableOffset, tableClusters * size, 'refcount table');
  const x = BigInt(62 - (bits - 8));
  for (let l1 = 0; l1 < l1Entries; l1++) {
    const l1Entry = u64(l1Offset + l1 * 8);
    if (l1Entry === 0n) continue;
    if ((l1Entry & COPIED) === 0n) faults.push(`L1 entry ${l1} is not marked as used once`);
    const l2Offset = Number(l1Entry & OFFSET);
    refer(l2Offset, size, 'L2');
    for (let l2 = 0; l2 < size / 8; l2++) {
      const entry = u64(l2Offset + l2 * 8);
      if (entry === 0n) continue;
      const at = (l1 * (size / 8) + l2) * size;
      let cluster: Uint8Array;
      if ((entry & COMPRESSED) === 0n) {
        if ((entry & COPIED) === 0n) faults.push(`guest ${at} is not marked as used once`);
        const offset = Number(entry & OFFSET);
        refer(offset, size, 'data');
        cluster = image.subarray(offset, offset + size);
      } else {
        const offset = Number(entry & ((1n << x) - 1n));
        const sectors = Number((entry & (COMPRESSED - 1n)) >> x) + 1;
        const length = sectors * 512 - (offset % 512);
        refer(offset, length, 'compressed data');
        const span = image.subarray(offset, offset + length);
        cluster = (isZstd ? availableCodec('zstd')?.decompressSync(span, size) : inflate(span)) ?? new Uint8Array(0);
        if (cluster.length !== size) faults.push(`guest ${at} inflates to ${cluster.length} bytes`);
      }
      if (at >= guest.length) faults.push(`guest ${at} is beyond the disk`);
      else guest.set(cluster.subarray(0, guest.length - at), at);
    }
  }
  const counts = new Map<number, number>();
  for (let index = 0; index < (tableClusters * size) / 8; index++) {
    const block = Number(u64(tableOffset + index * 8));
    if (block === 0) continue;
    refer(block, size, 'refcount block');
    for (let n = 0; n < size / 2; n++) {
      const count = view.getUint16(block + n * 2);
      if (count > 0) counts.set(index * (size / 2) + n, count);
    }
  }
  for (const cluster of new Set([...references.keys(), ...counts.keys()])) {
    const [wanted, found] = [references.get(cluster) ?? 0, counts.get(cluster) ?? 0];
    if (wanted !== found) faults.push(`cluster ${cluster}: refcount ${found}, references ${wanted}`);
  }
  if (image.length % size !== 0) faults.push('the file does not end with a whole cluster');
  return { guest, faults, free: image.length / size - references.size };
}

/** With QEMU's window: a stream that needs a larger one is a fault. */
function inflate(span: Uint8Array): Uint8Array {
  return inflateRawSync(span, { windowBits: 12, finishFlush: constants.Z_SYNC_FLUSH });
}
