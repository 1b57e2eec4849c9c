import type { ByteRange } from '../base/byte-range.ts';
import { type Lru, lru } from '../base/lru.ts';
import type { Steps } from '../base/steps.ts';
import { viewOf } from '../format/field.ts';
import { type Geometry, l1Index } from '../format/geometry.ts';
import { decodeL2, findRun, type L2Rules, type L2Run, l1Fault, type RunKind } from '../format/l2-runs.ts';
import { ENTRY_BYTES, entryOffset, tableEntryLayout } from '../format/table-entry.ts';
import { type HostFile, readTable } from '../io/host-file.ts';

/** How one image maps guest bytes `[offset, offset + length)`, without its backing file. */
export interface MapRun extends ByteRange {
  readonly kind: RunKind;
  /** Host byte of the first guest byte, -1: none. Of a compressed cluster: where its stream starts. */
  readonly host: number;
  /** Host bytes of a compressed cluster, at most; else 0. */
  readonly span: number;
  /** Why it is `invalid`; else empty. */
  readonly reason: string;
}

/** The mapping of one image's virtual disk: the active one or a snapshot's. */
export interface GuestMap {
  readonly geometry: Geometry;
  /**
   * The run that holds guest byte `offset`, from `offset` on. It ends where its kind or the host offset changes, or where another
   * table must be read.
   */
  runAt(offset: number): Steps<MapRun>;
  /** As `runAt` if the piece of a table used last maps `offset`, else undefined: most reads follow the previous one. */
  peek(offset: number): MapRun | undefined;
}

/** Decoded pieces of tables, shared by all images of a chain so that its length does not multiply the memory. */
export interface TableCache {
  readonly l1: Lru<DataView>;
  readonly l2: Lru<readonly L2Run[]>;
}

/** An empty cache: some 8 MiB when full. */
export function tableCache(): TableCache {
  return { l1: lru(CACHED_L1), l2: lru(CACHED_RUNS) };
}

/** Where a mapping starts, and how to read its tables. */
export interface GuestMapOptions {
  readonly file: HostFile;
  readonly l1: { readonly offset: number; readonly entries: number };
  readonly rules: L2Rules;
  readonly cache: TableCache;
  /** Distinguishes the pieces of this mapping from others in the cache. */
  readonly cacheKey: string;
}

/** Tables are read and cached in pieces of at most this many bytes: with 2 MiB clusters a table covers 512 GiB. */
const PIECE = 16 * 1024;
/** Runs of decoded tables kept; about 100 bytes each. */
const CACHED_RUNS = 64 * 1024;
/** Bytes of L1 pieces kept. */
const CACHED_L1 = 1024 * 1024;
/** What an empty or one-run piece weighs in the cache, in runs. */
const LEAST_WEIGHT = 8;

/** The mapping that starts at an L1 table. No byte is read before it is asked for. */
export function guestMap(options: GuestMapOptions): GuestMap {
  const state: MapState = { ...options, last: { start: 0, end: 0, runs: [] }, uniform: new Map() };
  const { geometry } = options.rules;
  return {
    geometry,
    runAt: (offset) => runAt(state, offset),
    peek: (offset) =>
      offset >= state.last.start && offset < state.last.end ? runIn(state.last, offset, geometry) : undefined,
  };
}

/** The decoded piece of a table that maps guest bytes `[start, end)`. */
interface MappedPiece {
  readonly start: number;
  readonly end: number;
  readonly runs: readonly L2Run[];
}

interface MapState extends GuestMapOptions {
  last: MappedPiece;
  /** By host byte of a table: the one kind of everything that it covers, or `mixed`. */
  readonly uniform: Map<number, RunKind | 'mixed'>;
}

function* runAt(state: MapState, offset: number): Steps<MapRun> {
  const { geometry } = state.rules;
  const index = l1Index(geometry, offset);
  if (index >= state.l1.entries) return nothing('unallocated', offset, Number.MAX_SAFE_INTEGER - offset);
  const first = Math.floor((index * ENTRY_BYTES) / PIECE) * (PIECE / ENTRY_BYTES);
  const l1 = yield* l1Piece(state, first);
  const at = (index - first) * ENTRY_BYTES;
  const hi = tableEntryLayout.hi.get(l1, at);
  const lo = tableEntryLayout.lo.get(l1, at);
  const table = entryOffset(hi, lo);
  const reason = table === 0 ? '' : l1Fault(hi, lo, state.rules);
  if (reason !== '') return nothing('invalid', offset, (index + 1) * geometry.l2Coverage - offset, reason);
  if (table !== 0) {
    const run = yield* runInTable(state, table, offset);
    if (!(yield* isUniform(state, table, run))) return run;
  }
  const kind = table === 0 ? 'unallocated' : (state.uniform.get(table) ?? 'mixed');
  if (kind === 'mixed') throw new RangeError(`table at ${table} is not uniform`);
  return nothing(kind, offset, (index + sameEntries(state, l1, at, kind)) * geometry.l2Coverage - offset);
}

/** A run without a host offset; `invalid` has a reason. */
function nothing(kind: RunKind, offset: number, length: number, reason = ''): MapRun {
  return { kind, offset, length, host: -1, span: 0, reason };
}

/**
 * How many L1 entries from byte `at` of the piece on are known to map only `kind`. Some images name one empty table
 * millions of times, to describe petabytes.
 */
function sameEntries({ uniform, rules }: MapState, l1: DataView, at: number, kind: RunKind): number {
  let end = at + ENTRY_BYTES;
  for (; end < l1.byteLength; end += ENTRY_BYTES) {
    const hi = tableEntryLayout.hi.get(l1, end);
    const lo = tableEntryLayout.lo.get(l1, end);
    const table = entryOffset(hi, lo);
    if ((table === 0 ? 'unallocated' : uniform.get(table)) !== kind) break;
    if (table !== 0 && l1Fault(hi, lo, rules) !== '') break;
  }
  return (end - at) / ENTRY_BYTES;
}

/** Tables whose uniformity is remembered. */
const REMEMBERED_TABLES = 4096;

/**
 * Whether the table that `run` comes from has one kind for all that it covers. Examined only where the run reaches the
 * end of its piece and has no host offset, so that most reads in a mixed table read one piece.
 */
function* isUniform(state: MapState, table: number, run: MapRun): Steps<boolean> {
  if (run.host >= 0 || (run.kind !== 'zero' && run.kind !== 'unallocated')) return false;
  const { geometry } = state.rules;
  if ((run.offset + run.length) % pieceCoverage(geometry) !== 0) return false;
  const known = state.uniform.get(table);
  if (known !== undefined) return known !== 'mixed';
  const length = Math.min(PIECE, geometry.clusterSize);
  let kind: RunKind | 'mixed' = run.kind;
  for (let at = table; at < table + geometry.clusterSize && kind !== 'mixed'; at += length) {
    const [only, ...others] = yield* l2Piece(state, { at, length, offset: run.offset });
    if (only === undefined || others.length > 0 || only.kind !== run.kind || only.host >= 0) kind = 'mixed';
  }
  if (state.uniform.size >= REMEMBERED_TABLES) state.uniform.clear();
  state.uniform.set(table, kind);
  return kind !== 'mixed';
}

function* l1Piece({ l1, cache, cacheKey, file }: MapState, firstEntry: number): Steps<DataView> {
  const key = `${cacheKey}:${firstEntry}`;
  const cached = cache.l1.get(key);
  if (cached !== undefined) return cached;
  const length = Math.min(PIECE, (l1.entries - firstEntry) * ENTRY_BYTES);
  const bytes = yield* readTable(file, length, l1.offset + firstEntry * ENTRY_BYTES, { what: 'L1 table' });
  const piece = viewOf(bytes);
  cache.l1.set(key, piece, length);
  return piece;
}

/** Guest bytes that one piece of an L2 table covers. */
function pieceCoverage({ clusterSize, l2EntrySize }: Geometry): number {
  return (Math.min(PIECE, clusterSize) / l2EntrySize) * clusterSize;
}

function* runInTable(state: MapState, table: number, offset: number): Steps<MapRun> {
  const { geometry } = state.rules;
  const length = Math.min(PIECE, geometry.clusterSize);
  const coverage = pieceCoverage(geometry);
  const inTable = offset % geometry.l2Coverage;
  const piece = Math.floor(inTable / coverage);
  const start = offset - (inTable - piece * coverage);
  const runs = yield* l2Piece(state, { at: table + piece * length, length, offset });
  state.last = { start, end: start + coverage, runs };
  return runIn(state.last, offset, geometry);
}

/** The run of a piece that holds `offset`, from there on. */
function runIn({ start, runs }: MappedPiece, offset: number, { unitSize }: Geometry): MapRun {
  const run = findRun(runs, Math.floor((offset - start) / unitSize));
  if (run === undefined) throw new RangeError(`no run at guest byte ${offset}`);
  const into = offset - start - run.start * unitSize;
  const host = run.host < 0 || run.kind === 'compressed' ? run.host : run.host + into;
  const { kind, span, reason } = run;
  return { kind, offset, length: run.count * unitSize - into, host, span, reason };
}

function* l2Piece(
  { file, rules, cache, cacheKey }: MapState,
  { at, length, offset }: { at: number; length: number; offset: number },
): Steps<readonly L2Run[]> {
  const key = `${cacheKey}:${at}`;
  const cached = cache.l2.get(key);
  if (cached !== undefined) return cached;
  const bytes = yield* readTable(file, length, at, { what: 'L2 table', detail: { guestOffset: offset } });
  const runs = decodeL2(bytes, rules);
  cache.l2.set(key, runs, runs.length + LEAST_WEIGHT);
  return runs;
}
