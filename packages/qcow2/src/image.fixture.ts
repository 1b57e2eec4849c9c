import { deflateRawSync } from 'node:zlib';
import { setU64, viewOf } from './be.ts';
import { featureBits, INCOMPATIBLE } from './features.ts';
import { geometryOf } from './geometry.ts';
import { COMPRESSION, encodeHeader, HEADER_SIZE_V2, HEADER_SIZE_V3_COMPRESSION } from './header.ts';
import { EXTENSION, type HeaderExtension, stringExtension } from './header-extension.ts';
import { refcountSize, refcountsPerBlock, setRefcount } from './refcount.ts';
import type { Source } from './source.ts';
import { COPIED_HI, setCompressedEntry, setEntry, ZERO_LO } from './table-entry.ts';

/** State of one guest cluster of a small image made for tests; undefined: unallocated. */
export type FixtureCluster =
  | { readonly kind: 'data'; readonly fill: number }
  | { readonly kind: 'zero'; readonly placed?: boolean }
  | { readonly kind: 'compressed'; readonly fill: number }
  /** Extended L2: bits of the subclusters that are allocated and that are zero. */
  | { readonly kind: 'sub'; readonly fill: number; readonly allocated: number; readonly zeros: number }
  | undefined;

/** What a test image is to be. Every default gives the plainest valid image. */
export interface FixtureOptions {
  readonly version?: 2 | 3;
  readonly clusterBits?: number;
  readonly refcountOrder?: number;
  readonly clusters?: readonly FixtureCluster[];
  /** Bytes; default: as many as `clusters` cover. */
  readonly virtualSize?: number;
  readonly l1Entries?: number;
  readonly zstd?: boolean;
  readonly extendedL2?: boolean;
  /** Guest data lie in another file, at their guest offset. */
  readonly dataFile?: { readonly name?: string; readonly raw?: boolean };
  readonly backing?: { readonly name: string; readonly format?: string };
  readonly crypt?: number;
  readonly extensions?: readonly HeaderExtension[];
  /** One snapshot that shares all tables and data with the active state. */
  readonly snapshot?: { readonly id: string; readonly name: string };
  readonly bitmap?: string;
}

/** A test image and the places of its structures. */
export interface Fixture {
  readonly bytes: Uint8Array;
  /** What the guest must read, where no backing file is asked. */
  readonly guest: Uint8Array;
  readonly at: {
    readonly l1: number;
    readonly l2: number;
    readonly refcountTable: number;
    readonly refcountBlock: number;
    /** Host byte by guest cluster; -1: none. */
    readonly data: readonly number[];
    readonly snapshots: number;
    readonly snapshotL1: number;
    readonly bitmapDirectory: number;
    readonly bitmapTable: number;
  };
}

/** A source over an array; `readAt` throws beyond its end, as a file would. */
export function arraySource(bytes: Uint8Array, size = bytes.length): Source {
  return {
    size,
    readAt(into, offset) {
      if (offset < 0 || offset + into.length > size) throw new RangeError(`read of ${into.length} at ${offset}`);
      into.fill(0);
      into.set(bytes.subarray(Math.min(offset, bytes.length), Math.min(offset + into.length, bytes.length)));
    },
  };
}

/** The smallest zstd frame of `size` bytes `fill`: blocks of one repeated byte. Source: RFC 8878, 3.1.1. */
export function zstdFrameOf(size: number, fill: number): Uint8Array {
  const head = new Uint8Array(9);
  const view = viewOf(head);
  view.setUint32(0, 0xfd2f_b528, true);
  // Single segment, content size in 4 bytes.
  head[4] = 0xa0;
  view.setUint32(5, size, true);
  const blocks: number[] = [];
  for (let left = size; left > 0; ) {
    const length = Math.min(left, 128 * 1024);
    left -= length;
    const block = length * 8 + 2 + (left === 0 ? 1 : 0);
    blocks.push(block & 0xff, (block >>> 8) & 0xff, block >>> 16, fill);
  }
  return Uint8Array.from([...head, ...blocks]);
}

const SNAPSHOT_SIZE = 40 + 16;

/** Build a small valid image. One L2 table holds all of `clusters`. */
export function buildImage(options: FixtureOptions = {}): Fixture {
  const { version = 3, clusterBits = 9, refcountOrder = 4, clusters = [], extendedL2 = false, zstd = false } = options;
  const { dataFile, backing, snapshot, bitmap } = options;
  const geometry = geometryOf({ clusterBits, extendedL2 });
  const { clusterSize, l2EntrySize } = geometry;
  const virtualSize = options.virtualSize ?? clusters.length * clusterSize;
  const l1Entries = options.l1Entries ?? Math.max(1, Math.ceil(virtualSize / geometry.l2Coverage));
  let next = 0;
  const take = (length: number) => {
    const offset = next;
    next += Math.max(1, Math.ceil(length / clusterSize)) * clusterSize;
    return offset;
  };
  take(clusterSize);
  const l1 = take(l1Entries * 8);
  const l2 = take(clusterSize);
  const compress = (fill: number) =>
    zstd ? zstdFrameOf(clusterSize, fill) : deflateRawSync(new Uint8Array(clusterSize).fill(fill));
  const data = clusters.map((cluster, index) => {
    if (cluster === undefined || (cluster.kind === 'zero' && cluster.placed !== true)) return -1;
    return dataFile === undefined ? take(clusterSize) : index * clusterSize;
  });
  const names = snapshot === undefined ? 0 : snapshot.id.length + snapshot.name.length;
  const snapshots = snapshot === undefined ? 0 : take(SNAPSHOT_SIZE + names);
  const snapshotL1 = snapshot === undefined ? 0 : take(l1Entries * 8);
  const directoryLength = bitmap === undefined ? 0 : Math.ceil((24 + bitmap.length) / 8) * 8;
  const bitmapDirectory = bitmap === undefined ? 0 : take(directoryLength);
  const bitmapTable = bitmap === undefined ? 0 : take(8);
  const sizes = refcountSize({ clusters: next / clusterSize, clusterBits, order: refcountOrder });
  const refcountTable = take(sizes.tableClusters * clusterSize);
  const refcountBlock = take(sizes.blocks * clusterSize);

  const bytes = new Uint8Array(next);
  const view = viewOf(bytes);
  const guest = new Uint8Array(virtualSize);
  const shared = snapshot === undefined ? COPIED_HI : 0;
  const extensions = [...(options.extensions ?? [])];
  if (backing?.format !== undefined) extensions.push(stringExtension(EXTENSION.backingFormat, backing.format));
  if (dataFile?.name !== undefined) extensions.push(stringExtension(EXTENSION.dataFile, dataFile.name));
  if (bitmap !== undefined) extensions.push(bitmapsExtension(directoryLength, bitmapDirectory));
  const incompatible = [
    ...(dataFile === undefined ? [] : [INCOMPATIBLE.dataFile]),
    ...(zstd ? [INCOMPATIBLE.compressionType] : []),
    ...(extendedL2 ? [INCOMPATIBLE.extendedL2] : []),
  ];
  const header = {
    version,
    clusterBits,
    virtualSize,
    cryptMethod: options.crypt ?? 0,
    l1Entries,
    l1Offset: l1,
    refcountTableOffset: refcountTable,
    refcountTableClusters: sizes.tableClusters,
    snapshotCount: snapshot === undefined ? 0 : 1,
    snapshotsOffset: snapshots,
    incompatible: featureBits(incompatible),
    compatible: featureBits([]),
    autoclear: featureBits([...(bitmap === undefined ? [] : [0]), ...(dataFile?.raw === true ? [1] : [])]),
    refcountOrder,
    headerLength: version === 2 ? HEADER_SIZE_V2 : HEADER_SIZE_V3_COMPRESSION,
    compressionType: zstd ? COMPRESSION.zstd : COMPRESSION.deflate,
  } as const;
  const backingName = new TextEncoder().encode(backing?.name ?? '');
  bytes.set(encodeHeader(header, { extensions, backingName }));
  setEntry(view, l1, l2, shared);
  clusters.forEach((cluster, index) => {
    const at = l2 + index * l2EntrySize;
    const host = data[index] ?? -1;
    const whole = new Uint8Array(clusterSize);
    if (cluster?.kind === 'zero') setEntry(view, at, Math.max(host, 0), host < 0 ? 0 : shared, ZERO_LO);
    if (cluster?.kind === 'data') {
      setEntry(view, at, host, dataFile === undefined ? shared : COPIED_HI);
      if (extendedL2) view.setUint32(at + 12, 0xffff_ffff);
      whole.fill(cluster.fill);
      if (dataFile === undefined) bytes.set(whole, host);
    }
    if (cluster?.kind === 'compressed') {
      const stream = compress(cluster.fill);
      // Not on a sector's start: the place of a stream is told to the byte.
      setCompressedEntry(view, at, { offset: host + 3, length: stream.length, clusterBits });
      bytes.set(stream, host + 3);
      whole.fill(cluster.fill);
    }
    if (cluster?.kind === 'sub') {
      setEntry(view, at, host, shared);
      view.setUint32(at + 8, cluster.zeros);
      view.setUint32(at + 12, cluster.allocated);
      bytes.fill(cluster.fill, host, host + clusterSize);
      const unit = clusterSize / 32;
      for (let sub = 0; sub < 32; sub++) {
        if ((cluster.allocated >>> sub) & 1) whole.fill(cluster.fill, sub * unit, (sub + 1) * unit);
      }
    }
    guest.set(whole.subarray(0, Math.max(0, virtualSize - index * clusterSize)), index * clusterSize);
  });
  if (snapshot !== undefined) {
    bytes.set(bytes.subarray(l1, l1 + l1Entries * 8), snapshotL1);
    writeSnapshot(view, snapshots, { ...snapshot, l1: snapshotL1, l1Entries, diskSize: virtualSize });
  }
  if (bitmap !== undefined) writeBitmap(view, bitmapDirectory, { name: bitmap, table: bitmapTable });

  const counts = new Uint32Array(next / clusterSize).fill(1);
  if (snapshot !== undefined) {
    for (const offset of [l2, ...(dataFile === undefined ? data : [])])
      if (offset >= 0) counts[offset / clusterSize] = 2;
  }
  const perBlock = refcountsPerBlock(clusterBits, refcountOrder);
  for (let block = 0; block < sizes.blocks; block++) {
    const offset = refcountBlock + block * clusterSize;
    setU64(view, refcountTable + block * 8, offset);
    const blockView = new DataView(bytes.buffer, offset, clusterSize);
    counts.subarray(block * perBlock, (block + 1) * perBlock).forEach((count, index) => {
      setRefcount(blockView, index, refcountOrder, count);
    });
  }
  const at = { l1, l2, refcountTable, refcountBlock, data, snapshots, snapshotL1, bitmapDirectory, bitmapTable };
  return { bytes, guest, at };
}

function bitmapsExtension(length: number, offset: number): HeaderExtension {
  const data = new Uint8Array(24);
  const view = viewOf(data);
  view.setUint32(0, 1);
  setU64(view, 8, length);
  setU64(view, 16, offset);
  return { type: EXTENSION.bitmaps, data };
}

function writeSnapshot(
  view: DataView,
  at: number,
  { id, name, l1, l1Entries, diskSize }: { id: string; name: string; l1: number; l1Entries: number; diskSize: number },
): void {
  setU64(view, at, l1);
  view.setUint32(at + 8, l1Entries);
  view.setUint16(at + 12, id.length);
  view.setUint16(at + 14, name.length);
  view.setUint32(at + 16, 1_700_000_000);
  view.setUint32(at + 36, 16);
  setU64(view, at + 48, diskSize);
  writeText(view, at + SNAPSHOT_SIZE, id + name);
}

function writeBitmap(view: DataView, at: number, { name, table }: { name: string; table: number }): void {
  setU64(view, at, table);
  view.setUint32(at + 8, 1);
  view.setUint32(at + 12, 2);
  view.setUint8(at + 16, 1);
  view.setUint8(at + 17, 16);
  view.setUint16(at + 18, name.length);
  writeText(view, at + 24, name);
}

function writeText(view: DataView, at: number, text: string): void {
  new Uint8Array(view.buffer).set(new TextEncoder().encode(text), at);
}
