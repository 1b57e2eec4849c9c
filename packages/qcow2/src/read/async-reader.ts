import { runAsync } from '../base/steps.ts';
import { loadCodec } from '../codec/codec.ts';
import type { BitmapInfo } from '../format/bitmap-entry.ts';
import type { ImageInfo } from '../format/image-info.ts';
import type { SnapshotInfo } from '../format/snapshot-entry.ts';
import type { OpenOptions, ResolvedFile } from '../io/open-options.ts';
import type { AsyncSource, Source, SourceExtent } from '../io/source.ts';
import { readBitmaps } from './bitmaps.ts';
import { type Chain, openChain } from './chain.ts';
import { type DiskPiece, type DiskRange, nextPiece, wholeRange } from './disk-pieces.ts';
import { extentStep, type MapExtent, sourceExtentAt } from './extents.ts';
import { type GuestRun, guestRunAt } from './guest-run.ts';
import { readGuest } from './read-guest.ts';
import { describeChain, firstLayer, PIECE_SIZE, type Qcow2Image } from './reader.ts';
import { type SnapshotSelection, snapshotChain } from './snapshot-view.ts';
import { readSnapshots } from './snapshots.ts';

/** How `openQcow2Async` opens an image. The resolver may answer later, with sources of either kind. */
export type AsyncOpenOptions = OpenOptions<
  AsyncSource | Source,
  ResolvedFile<AsyncSource | Source> | undefined | Promise<ResolvedFile<AsyncSource | Source> | undefined>
>;

/** What stops a call: it then rejects with the signal's reason. */
export interface Cancellable {
  readonly signal?: AbortSignal;
}

/** The virtual disk of an image with an asynchronous source: as `Qcow2Image`, with promises. */
export interface AsyncQcow2Image extends AsyncSource {
  readonly size: number;
  readonly info: ImageInfo;
  readonly chain: Qcow2Image['chain'];
  readAt(into: Uint8Array, offset: number, signal?: AbortSignal): Promise<void>;
  extentAt(offset: number, options?: Cancellable): Promise<SourceExtent>;
  runAt(offset: number, options?: Cancellable): Promise<GuestRun>;
  extents(range?: DiskRange & Cancellable): AsyncGenerator<MapExtent, void, void>;
  pieces(range?: DiskRange & Cancellable): AsyncGenerator<DiskPiece, void, void>;
  snapshots(options?: Cancellable): Promise<readonly SnapshotInfo[]>;
  snapshot(selection: SnapshotSelection & Cancellable): Promise<AsyncQcow2Image>;
  bitmaps(options?: Cancellable): Promise<readonly BitmapInfo[]>;
}

/**
 * Open an image for reading through promises. zstd is loaded when the image needs it, and clusters are decompressed
 * on other threads.
 *
 * @throws Qcow2Error as `openQcow2`; rejects with the signal's reason once it is aborted
 */
export async function openQcow2Async(
  source: AsyncSource | Source,
  options: AsyncOpenOptions & Cancellable = {},
): Promise<AsyncQcow2Image> {
  const { signal, ...rest } = options;
  const chain = await runAsync(openChain(source, rest), signal);
  await loadNeededCodec(chain);
  return imageOf(chain, rest);
}

async function loadNeededCodec({ layers }: Chain): Promise<void> {
  if (!layers.some((layer) => layer.kind === 'qcow2' && layer.info.compressionType === 'zstd')) return;
  // Without it the tables can still be read; reading a compressed cluster reports what is missing.
  await loadCodec('zstd').catch(() => undefined);
}

const ASYNC = { isAsync: true } as const;

function imageOf(chain: Chain, options: AsyncOpenOptions): AsyncQcow2Image {
  const layer = firstLayer(chain);
  return {
    size: layer.size,
    info: layer.info,
    chain: describeChain(chain),
    readAt: (into, offset, signal) => runAsync(readGuest(chain, into, offset, ASYNC), signal),
    extentAt: (offset, { signal } = {}) => runAsync(sourceExtentAt(chain, offset), signal),
    runAt: (offset, { signal } = {}) => runAsync(guestRunAt(chain, offset), signal),
    extents: (range = {}) => extents(chain, { ...wholeRange(range, layer.size), signal: range.signal }),
    pieces: (range = {}) => pieces(chain, { ...wholeRange(range, layer.size), signal: range.signal }),
    snapshots: async ({ signal } = {}) => (await runAsync(readSnapshots(layer.file, layer.info), signal)).snapshots,
    snapshot: async ({ signal, ...selection }) =>
      imageOf(await runAsync(snapshotChain(chain, selection, options), signal), options),
    bitmaps: async ({ signal } = {}) => (await runAsync(readBitmaps(layer.file, layer.info), signal)).bitmaps,
  };
}

interface CancellableRange {
  readonly offset: number;
  readonly end: number;
  readonly signal: AbortSignal | undefined;
}

async function* extents(chain: Chain, { offset, end, signal }: CancellableRange) {
  let ahead: MapExtent | undefined;
  for (let at = offset; at < end; ) {
    const { extent, next } = await runAsync(extentStep(chain, at, end, ahead), signal);
    yield extent;
    at = extent.offset + extent.length;
    ahead = next;
  }
}

async function* pieces(chain: Chain, { offset, end, signal }: CancellableRange) {
  const buffer = new Uint8Array(PIECE_SIZE);
  for (let at = offset; at < end; ) {
    const { piece, next } = await runAsync(nextPiece(chain, { offset: at, end, buffer }, ASYNC), signal);
    yield piece;
    at = next;
  }
}
