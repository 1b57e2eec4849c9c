import { runSync } from '../base/steps.ts';
import type { BitmapInfo } from '../format/bitmap-entry.ts';
import type { ImageInfo } from '../format/image-info.ts';
import type { SnapshotInfo } from '../format/snapshot-entry.ts';
import type { OpenOptions, ResolvedFile } from '../io/open-options.ts';
import type { Source, SourceExtent } from '../io/source.ts';
import { readBitmaps } from './bitmaps.ts';
import { type Chain, openChain } from './chain.ts';
import { type DiskPiece, type DiskRange, nextPiece, wholeRange } from './disk-pieces.ts';
import { extentStep, type MapExtent, remembering, sourceExtentAt } from './extents.ts';
import { type GuestRun, guestRunAt } from './guest-run.ts';
import type { Qcow2Layer } from './layer.ts';
import { readGuest } from './read-guest.ts';
import { type SnapshotSelection, snapshotChain } from './snapshot-view.ts';
import { readSnapshots } from './snapshots.ts';

/** Bytes of a piece of a sequential read, and of the largest single read from a source that it makes. */
export const PIECE_SIZE = 256 * 1024;

/** How `openQcow2` opens an image. */
export type SyncOpenOptions = OpenOptions<Source, ResolvedFile<Source> | undefined>;

/** The virtual disk of an open image. It is a `Source`: what takes one of those takes an image. */
export interface Qcow2Image extends Source {
  /** Bytes of the virtual disk. */
  readonly size: number;
  /** The header, decoded. */
  readonly info: ImageInfo;
  /** The images of the chain, this one first: their headers, undefined for a raw file. */
  readonly chain: readonly { readonly info: ImageInfo | undefined; readonly size: number }[];
  /**
   * Fill `into` with the disk's bytes from `offset` on.
   *
   * @throws RangeError beyond the end
   * @throws Qcow2Error QCOW2_TRUNCATED, QCOW2_CORRUPT, QCOW2_BAD_CLUSTER, QCOW2_ENCRYPTED, QCOW2_UNSUPPORTED_CODEC; and
   * QCOW2_BACKING_REFUSED or QCOW2_DATA_FILE_REFUSED for a file that was not opened
   */
  readAt(into: Uint8Array, offset: number): void;
  /** Data or a hole, from `offset` on; one of the same kind may follow. */
  extentAt(offset: number): SourceExtent;
  /** Which image and which of its bytes hold guest byte `offset`: for copies inside the kernel. */
  runAt(offset: number): GuestRun;
  /** Maximal runs, equal to `qemu-img map --output=json`. */
  extents(range?: DiskRange): Generator<MapExtent, void, void>;
  /** Bytes and holes in order. */
  pieces(range?: DiskRange): Generator<DiskPiece, void, void>;
  /** The internal snapshots. @throws Qcow2Error for a damaged table */
  snapshots(): readonly SnapshotInfo[];
  /** The disk as a snapshot has it. @throws Qcow2Error QCOW2_NO_SNAPSHOT */
  snapshot(selection: SnapshotSelection): Qcow2Image;
  /** The persistent bitmaps. @throws Qcow2Error for a damaged directory */
  bitmaps(): readonly BitmapInfo[];
}

/**
 * Open an image for reading. Nothing is ever written.
 *
 * @param source the image file; it stays the caller's, and is needed as long as the image is used
 * @throws Qcow2Error with any code but those of streams; see the README for what is refused
 */
export function openQcow2(source: Source, options: SyncOpenOptions = {}): Qcow2Image {
  return imageOf(runSync(openChain(source, options)), options);
}

const SYNC = { isAsync: false } as const;

function imageOf(chain: Chain, options: SyncOpenOptions): Qcow2Image {
  const layer = firstLayer(chain);
  return {
    size: layer.size,
    info: layer.info,
    chain: describeChain(chain),
    readAt: (into, offset) => runSync(readGuest(chain, into, offset, SYNC)),
    extentAt: remembering((offset) => runSync(sourceExtentAt(chain, offset))),
    runAt: (offset) => runSync(guestRunAt(chain, offset)),
    extents: (range = {}) => extents(chain, wholeRange(range, layer.size)),
    pieces: (range = {}) => pieces(chain, wholeRange(range, layer.size)),
    snapshots: () => runSync(readSnapshots(layer.file, layer.info)).snapshots,
    snapshot: (selection) => imageOf(runSync(snapshotChain(chain, selection, options)), options),
    bitmaps: () => runSync(readBitmaps(layer.file, layer.info)).bitmaps,
  };
}

/** The opened image of a chain. */
export function firstLayer({ layers: [first] }: Chain): Qcow2Layer {
  if (first?.kind !== 'qcow2') throw new TypeError('a chain begins with a qcow2 image');
  return first;
}

/** What is public about the images of a chain. */
export function describeChain({ layers }: Chain): Qcow2Image['chain'] {
  return layers.map((layer) => ({ info: layer.kind === 'qcow2' ? layer.info : undefined, size: layer.size }));
}

function* extents(chain: Chain, { offset, end }: { offset: number; end: number }) {
  let ahead: MapExtent | undefined;
  for (let at = offset; at < end; ) {
    const { extent, next } = runSync(extentStep(chain, at, end, ahead));
    yield extent;
    at = extent.offset + extent.length;
    ahead = next;
  }
}

function* pieces(chain: Chain, { offset, end }: { offset: number; end: number }) {
  const buffer = new Uint8Array(PIECE_SIZE);
  for (let at = offset; at < end; ) {
    const { piece, next } = runSync(nextPiece(chain, { offset: at, end, buffer }, SYNC));
    yield piece;
    at = next;
  }
}
