import type { ByteRange } from '../base/byte-range.ts';
import { Qcow2Error } from '../base/errors.ts';
import type { Steps } from '../base/steps.ts';
import type { AnySource, HostFile } from '../io/host-file.ts';
import type { SourceExtent } from '../io/source.ts';
import type { Chain } from './chain.ts';
import type { MapRun } from './guest-map.ts';
import type { Qcow2Layer, RawLayer } from './layer.ts';

/** How the chain maps guest bytes `[offset, offset + length)`. */
export interface GuestRun extends ByteRange {
  /** `data` is stored as it is at `host` of one file, `compressed` must be decompressed, `zero` reads as zeros. */
  readonly kind: 'data' | 'zero' | 'compressed';
  /** Position in the chain of the image that determines these bytes; 0 is the opened image. */
  readonly depth: number;
  /** Whether any image of the chain maps these bytes; false: all leave them to their backing file, and the last has none. */
  readonly present: boolean;
  /**
   * Host byte of the first guest byte; -1: none. Of a compressed cluster: where its stream starts. A `zero` run may
   * have space set aside, whose contents must not be read.
   */
  readonly host: number;
  /** Host bytes of a compressed cluster, at most; else 0. */
  readonly span: number;
  /**
   * Whether this is uncompressed data that is complete in the opened image's own file, from `host` on. Such a run may be
   * copied inside the kernel; read all others by `readAt`.
   */
  readonly inImage: boolean;
}

/**
 * Which image of the chain determines guest byte `offset`, and how, from `offset` on.
 *
 * @param chain whose opened image is larger than `offset`
 * @throws Qcow2Error QCOW2_CORRUPT for an entry that cannot be; QCOW2_BACKING_REFUSED when the answer is in a backing
 * file that was not opened
 */
export function* guestRunAt(chain: Chain, offset: number): Steps<GuestRun> {
  const { layers } = chain;
  let length = (layers[0]?.size ?? 0) - offset;
  for (const [depth, layer] of layers.entries()) {
    if (layer.kind === 'raw') return rawRun(layer, offset, length, depth);
    const run = layer.map.peek(offset) ?? (yield* layer.map.runAt(offset));
    length = Math.min(length, run.length);
    const at = { offset, depth, host: run.host, span: run.span, inImage: false };
    if (run.kind === 'invalid') throw invalidEntry(run, depth);
    if (run.kind === 'data') at.inImage = depth === 0 && isInImage(layer, run.host + length);
    if (run.kind !== 'unallocated') return { kind: run.kind, length, present: true, ...at };
    const next = layers[depth + 1];
    if (next === undefined && chain.unopened !== undefined) throw notOpened(chain.unopened, offset, depth);
    if (next === undefined || offset >= next.size) return { kind: 'zero', length, present: false, ...at };
    length = Math.min(length, next.size - offset);
  }
  throw new RangeError('a chain without images');
}

function isInImage({ info, file, dataFile }: Qcow2Layer, hostEnd: number): boolean {
  return dataFile === file && info.encryption === undefined && hostEnd <= file.source.size;
}

/** Which file holds the bytes of a `data` or `compressed` run. @throws Qcow2Error when that file was not opened */
export function fileOf(layer: Qcow2Layer | RawLayer, run: GuestRun): HostFile {
  if (layer.kind === 'raw') return layer.file;
  if (layer.dataFile !== undefined) return layer.dataFile;
  const name = JSON.stringify(layer.info.dataFileName ?? '');
  const detail = { guestOffset: run.offset, depth: run.depth };
  throw new Qcow2Error('QCOW2_DATA_FILE_REFUSED', `guest byte ${run.offset} is in data file ${name}, not opened`, {
    detail,
  });
}

function rawRun(layer: RawLayer, offset: number, limit: number, depth: number): GuestRun {
  const extent = extentAt(layer.file.source, offset);
  const kind = extent?.kind === 'hole' ? 'zero' : 'data';
  const length = extent === undefined ? limit : Math.min(limit, extent.length);
  return { kind, offset, length, depth, present: true, host: offset, span: 0, inImage: false };
}

/** The extent of a source that reports its holes. The sector to which its end is rounded up is data. */
function extentAt(source: AnySource, offset: number): SourceExtent | undefined {
  if (offset >= source.size || !('extentAt' in source) || typeof source.extentAt !== 'function') return undefined;
  const extent: SourceExtent | PromiseLike<unknown> = source.extentAt(offset);
  // An asynchronous source may return a promise; here it counts as data.
  return 'then' in extent ? undefined : extent;
}

function invalidEntry({ offset, length, host, reason }: MapRun, depth: number): Qcow2Error {
  const message = `guest bytes ${offset} to ${offset + length} cannot be mapped: ${reason}`;
  const detail = { guestOffset: offset, length, depth };
  return new Qcow2Error('QCOW2_CORRUPT', message, { detail: host < 0 ? detail : { ...detail, hostOffset: host } });
}

function notOpened(name: string, offset: number, depth: number): Qcow2Error {
  const message = `guest byte ${offset} is in backing file ${JSON.stringify(name)}, which was not opened`;
  return new Qcow2Error('QCOW2_BACKING_REFUSED', message, { detail: { guestOffset: offset, depth: depth + 1 } });
}
