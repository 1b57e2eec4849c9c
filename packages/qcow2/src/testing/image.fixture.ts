import { deflateRawSync } from 'node:zlib';
import { featureBits, INCOMPATIBLE, NO_FEATURES } from '../format/features.ts';
import { viewOf } from '../format/field.ts';
import { type Geometry, geometryOf } from '../format/geometry.ts';
import { COMPRESSION, encodeHeader, HEADER_SIZE_V2, HEADER_SIZE_V3_COMPRESSION } from '../format/header.ts';
import { EXTENSION, type HeaderExtension, stringExtension } from '../format/header-extension.ts';
import { type RefcountSize, refcountSize, refcountsPerBlock, setRefcount } from '../format/refcount.ts';
import { COPIED_HI, setCompressedEntry, setEntry, ZERO_LO } from '../format/table-entry.ts';
import type { Source } from '../io/source.ts';
import { setU64 } from './set-u64.fixture.ts';

/** State of one guest cluster of a small image made for tests; undefined: unallocated. */
export type FixtureCluster =
  | { readonly kind: 'data'; readonly fill: number }
  | { readonly kind: 'zero'; readonly placed?: boolean }
  | { readonly kind: 'compressed'; readonly fill: number }
  /** Extended L2: bits of the subclusters that are allocated and that are zero. */
  | { readonly kind: 'sub'; readonly fill: number; readonly allocated: number; readonly zeros: number }
  | undefined;

/** Properties of a test image. The defaults give the simplest valid image. */
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
  /** The guest data is in another file, at its guest offset. */
  readonly dataFile?: { readonly name?: string; readonly raw?: boolean };
  readonly backing?: { readonly name: string; readonly format?: string };
  readonly crypt?: number;
  readonly extensions?: readonly HeaderExtension[];
  /** One snapshot that shares all tables and data with the active state. */
  readonly snapshot?: { readonly id: string; readonly name: string };
  readonly bitmap?: string;
}

/** A test image and the offsets of its structures. */
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
function zstdFrameOf(size: number, fill: number): Uint8Array {
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

/** Offsets of all structures, in the order of the file. */
interface Places extends Omit<Fixture['at'], 'data'> {
  readonly data: number[];
  readonly directoryLength: number;
  readonly refcountSize: RefcountSize;
  readonly end: number;
}

/** Build a small valid image. One L2 table holds all of `clusters`. */
export function buildImage(options: FixtureOptions = {}): Fixture {
  const { clusterBits = 9, clusters = [], extendedL2 = false } = options;
  const geometry = geometryOf({ clusterBits, extendedL2 });
  const virtualSize = options.virtualSize ?? clusters.length * geometry.clusterSize;
  const l1Entries = options.l1Entries ?? Math.max(1, Math.ceil(virtualSize / geometry.l2Coverage));
  const places = placesFor(options, geometry, l1Entries);
  const bytes = new Uint8Array(places.end);
  bytes.set(headerFor(options, places, { virtualSize, l1Entries }));
  setEntry(viewOf(bytes), places.l1, places.l2, options.snapshot === undefined ? COPIED_HI : 0);
  const guest = new Uint8Array(virtualSize);
  clusters.forEach((cluster, index) => {
    const whole = writeCluster(bytes, cluster, { options, geometry, places, index });
    const offset = index * geometry.clusterSize;
    guest.set(whole.subarray(0, Math.max(0, virtualSize - offset)), offset);
  });
  if (options.snapshot !== undefined) {
    bytes.set(bytes.subarray(places.l1, places.l1 + l1Entries * 8), places.snapshotL1);
    const entry = { ...options.snapshot, l1: places.snapshotL1, l1Entries, diskSize: virtualSize };
    writeSnapshot(viewOf(bytes), places.snapshots, entry);
  }
  if (options.bitmap !== undefined) {
    writeBitmap(viewOf(bytes), places.bitmapDirectory, { name: options.bitmap, table: places.bitmapTable });
  }
  writeRefcounts(bytes, places, options);
  return { bytes, guest, at: places };
}

function placesFor(options: FixtureOptions, { clusterBits, clusterSize }: Geometry, l1Entries: number): Places {
  const { clusters = [], snapshot, bitmap, dataFile, refcountOrder = 4 } = options;
  let next = clusterSize;
  const take = (length: number) => {
    const offset = next;
    next += Math.ceil(length / clusterSize) * clusterSize;
    return length === 0 ? 0 : offset;
  };
  const l1 = take(l1Entries * 8);
  const l2 = take(clusterSize);
  const data = clusters.map((cluster, index) => {
    if (cluster === undefined || (cluster.kind === 'zero' && cluster.placed !== true)) return -1;
    return dataFile === undefined ? take(clusterSize) : index * clusterSize;
  });
  const snapshots = take(snapshot === undefined ? 0 : SNAPSHOT_SIZE + snapshot.id.length + snapshot.name.length);
  const snapshotL1 = take(snapshot === undefined ? 0 : l1Entries * 8);
  const directoryLength = bitmap === undefined ? 0 : Math.ceil((24 + bitmap.length) / 8) * 8;
  const bitmapDirectory = take(directoryLength);
  const bitmapTable = take(bitmap === undefined ? 0 : 8);
  const size = refcountSize({ clusters: next / clusterSize, clusterBits, order: refcountOrder });
  const refcountTable = take(size.tableClusters * clusterSize);
  const refcountBlock = take(size.blocks * clusterSize);
  const tables = { l1, l2, snapshots, snapshotL1, bitmapDirectory, bitmapTable, refcountTable, refcountBlock };
  return { ...tables, data, directoryLength, refcountSize: size, end: next };
}

function headerFor(
  options: FixtureOptions,
  places: Places,
  { virtualSize, l1Entries }: { virtualSize: number; l1Entries: number },
): Uint8Array {
  const { version = 3, clusterBits = 9, refcountOrder = 4, zstd = false, extendedL2 = false } = options;
  const { dataFile, backing, snapshot, bitmap } = options;
  const extensions = [...(options.extensions ?? [])];
  if (backing?.format !== undefined) extensions.push(stringExtension(EXTENSION.backingFormat, backing.format));
  if (dataFile?.name !== undefined) extensions.push(stringExtension(EXTENSION.dataFile, dataFile.name));
  if (bitmap !== undefined) extensions.push(bitmapsExtension(places.directoryLength, places.bitmapDirectory));
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
    l1Offset: places.l1,
    refcountTableOffset: places.refcountTable,
    refcountTableClusters: places.refcountSize.tableClusters,
    snapshotCount: snapshot === undefined ? 0 : 1,
    snapshotsOffset: places.snapshots,
    incompatible: featureBits(incompatible),
    compatible: NO_FEATURES,
    autoclear: featureBits([...(bitmap === undefined ? [] : [0]), ...(dataFile?.raw === true ? [1] : [])]),
    refcountOrder,
    headerLength: version === 2 ? HEADER_SIZE_V2 : HEADER_SIZE_V3_COMPRESSION,
    compressionType: zstd ? COMPRESSION.zstd : COMPRESSION.deflate,
  };
  return encodeHeader(header, { extensions, backingName: new TextEncoder().encode(backing?.name ?? '') });
}

interface ClusterPlace {
  readonly options: FixtureOptions;
  readonly geometry: Geometry;
  readonly places: Places;
  readonly index: number;
}

/** Write the entry and the data of a guest cluster. @returns what the guest reads there */
function writeCluster(bytes: Uint8Array, cluster: FixtureCluster, place: ClusterPlace): Uint8Array {
  const { options, geometry, places, index } = place;
  const { clusterSize, clusterBits } = geometry;
  const view = viewOf(bytes);
  const at = places.l2 + index * geometry.l2EntrySize;
  const host = places.data[index] ?? -1;
  const copied = options.snapshot === undefined || options.dataFile !== undefined ? COPIED_HI : 0;
  const whole = new Uint8Array(clusterSize);
  if (cluster === undefined) return whole;
  if (cluster.kind === 'zero') {
    setEntry(view, at, Math.max(host, 0), host < 0 ? 0 : copied, ZERO_LO);
    return whole;
  }
  if (cluster.kind === 'compressed') {
    whole.fill(cluster.fill);
    // Ends of their own, so that a read of the wrong part is seen; the zstd frame can hold only one byte.
    if (options.zstd !== true) whole.set([cluster.fill + 1]);
    if (options.zstd !== true) whole.set([cluster.fill + 2], clusterSize - 1);
    const stream = options.zstd === true ? zstdFrameOf(clusterSize, cluster.fill) : deflateRawSync(whole);
    // Not at the start of a sector: a stream may start at any byte.
    setCompressedEntry(view, at, { offset: host + 3, length: stream.length, clusterBits });
    bytes.set(stream, host + 3);
    return whole;
  }
  setEntry(view, at, host, copied);
  if (options.dataFile === undefined) bytes.fill(cluster.fill, host, host + clusterSize);
  const { allocated, zeros } = cluster.kind === 'sub' ? cluster : { allocated: 0xffff_ffff, zeros: 0 };
  if (geometry.extendedL2) {
    view.setUint32(at + 8, zeros);
    view.setUint32(at + 12, allocated);
  }
  const unit = clusterSize / 32;
  for (let sub = 0; sub < 32; sub++) {
    if ((allocated >>> sub) & 1) whole.fill(cluster.fill, sub * unit, (sub + 1) * unit);
  }
  return whole;
}

/** Every cluster is used once; those that a snapshot shares, twice. */
function writeRefcounts(bytes: Uint8Array, places: Places, options: FixtureOptions): void {
  const { clusterBits = 9, refcountOrder = 4, snapshot, dataFile } = options;
  const clusterSize = 2 ** clusterBits;
  const counts = new Uint32Array(places.end / clusterSize).fill(1);
  const shared = snapshot === undefined ? [] : [places.l2, ...(dataFile === undefined ? places.data : [])];
  for (const offset of shared) if (offset >= 0) counts[offset / clusterSize] = 2;
  const perBlock = refcountsPerBlock(clusterBits, refcountOrder);
  for (let block = 0; block < places.refcountSize.blocks; block++) {
    const offset = places.refcountBlock + block * clusterSize;
    setU64(viewOf(bytes), places.refcountTable + block * 8, offset);
    const view = new DataView(bytes.buffer, offset, clusterSize);
    counts.subarray(block * perBlock, (block + 1) * perBlock).forEach((count, index) => {
      setRefcount(view, index, refcountOrder, count);
    });
  }
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
