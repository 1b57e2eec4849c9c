import { Qcow2Error } from '../base/errors.ts';
import { ask, type Steps } from '../base/steps.ts';
import { availableCodec } from '../codec/codec.ts';
import { readHost } from '../io/host-file.ts';
import type { Chain } from './chain.ts';
import { fileOf, type GuestRun, guestRunAt } from './guest-run.ts';
import type { Layer, Qcow2Layer } from './layer.ts';

/** Whether the driver waits: then clusters are decompressed on other threads. */
export interface ReadMode {
  readonly isAsync: boolean;
}

/**
 * Fill `into` with guest bytes from `offset` on. Each run of clusters with consecutive host offsets is one read.
 *
 * @throws RangeError beyond the virtual disk's end
 * @throws Qcow2Error as `guestRunAt`, and QCOW2_TRUNCATED, QCOW2_BAD_CLUSTER, QCOW2_ENCRYPTED, QCOW2_UNSUPPORTED_CODEC
 */
export function* readGuest(chain: Chain, into: Uint8Array, offset: number, mode: ReadMode): Steps<void> {
  const size = chain.layers[0]?.size ?? 0;
  if (!Number.isSafeInteger(offset) || offset < 0 || offset + into.length > size) {
    throw new RangeError(`bytes ${offset} to ${offset + into.length} of a virtual disk of ${size}`);
  }
  let done = 0;
  while (done < into.length) {
    const run = yield* guestRunAt(chain, offset + done);
    const length = Math.min(run.length, into.length - done);
    const part = into.subarray(done, done + length);
    if (run.kind === 'zero') part.fill(0);
    else yield* readRun(chain, part, run, mode);
    done += length;
  }
}

function* readRun(chain: Chain, part: Uint8Array, run: GuestRun, mode: ReadMode): Steps<void> {
  const layer = chain.layers[run.depth];
  if (layer === undefined) throw new RangeError(`depth ${run.depth}`);
  refuseEncrypted(layer, run);
  if (run.kind === 'data' || layer.kind === 'raw') {
    const clusterSize = layer.kind === 'raw' ? 512 : layer.info.clusterSize;
    const detail = { guestOffset: run.offset, depth: run.depth };
    yield* readHost(fileOf(layer, run), part, run.host, { what: 'guest data', detail, clusterSize });
    return;
  }
  const cluster = yield* decompressed(chain, layer, run, mode);
  // Reads of whole clusters usually continue with the next cluster; partial reads with the next bytes of this one.
  if (part.length < cluster.length) chain.clusters.set(clusterKey(run), cluster, cluster.length);
  const from = run.offset % layer.info.clusterSize;
  part.set(cluster.subarray(from, from + part.length));
}

function refuseEncrypted(layer: Layer, { offset, depth }: GuestRun): void {
  if (layer.kind === 'raw' || layer.info.encryption === undefined) return;
  const method = layer.info.encryption === 'aes' ? 'AES-CBC' : 'LUKS';
  const message = `guest data are encrypted (${method}), which is not supported`;
  throw new Qcow2Error('QCOW2_ENCRYPTED', message, { detail: { guestOffset: offset, depth } });
}

/** One stream of a chain: snapshots share them with the active state. */
function clusterKey({ depth, host, span }: GuestRun): string {
  return `${depth}:${host}:${span}`;
}

/** Memory for a compressed stream in synchronous mode, where it is consumed before the next read. */
function scratch(chain: Chain, length: number): Uint8Array {
  if (chain.scratch.bytes.length < length) chain.scratch.bytes = new Uint8Array(length);
  return chain.scratch.bytes.subarray(0, length);
}

/** The whole cluster of a compressed run. It stays the cache's: copy from it. */
function* decompressed(chain: Chain, layer: Qcow2Layer, run: GuestRun, mode: ReadMode): Steps<Uint8Array> {
  const cached = chain.clusters.get(clusterKey(run));
  if (cached !== undefined) return cached;
  const { clusterSize, compressionType } = layer.info;
  const codec = availableCodec(compressionType);
  const at = { guestOffset: run.offset - (run.offset % clusterSize), hostOffset: run.host, depth: run.depth };
  if (codec === undefined) {
    const message = `guest byte ${at.guestOffset} is compressed with zstd, which this runtime lacks until it is loaded`;
    throw new Qcow2Error('QCOW2_UNSUPPORTED_CODEC', message, { detail: at });
  }
  const span = mode.isAsync ? new Uint8Array(run.span) : scratch(chain, run.span);
  yield* readHost(layer.file, span, run.host, { what: 'compressed cluster', detail: at, clusterSize });
  const cluster = yield* ask(() =>
    mode.isAsync ? codec.decompress(span, clusterSize) : codec.decompressSync(span, clusterSize),
  );
  if (cluster === undefined || cluster.length !== clusterSize) {
    const message = `compressed cluster of guest byte ${at.guestOffset} does not give exactly ${clusterSize} bytes`;
    throw new Qcow2Error('QCOW2_BAD_CLUSTER', message, { detail: { ...at, length: run.span } });
  }
  return cluster;
}
