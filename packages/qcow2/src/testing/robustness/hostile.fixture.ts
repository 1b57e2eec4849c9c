import type { Qcow2ErrorCode } from '../../base/errors.ts';
import type { SyncOpenOptions } from '../../read/reader.ts';
import { arraySource, type Fixture, type FixtureOptions } from '../image.fixture.ts';

/** What is asked of the image; the valid neighbour must answer, the hostile one must refuse. */
export type Action = 'open' | 'read' | 'extents' | 'snapshots' | 'snapshot' | 'bitmaps';

export type Code = Qcow2ErrorCode extends `QCOW2_${infer Rest}` ? Rest : never;

/** The neighbour, and the one field that makes it hostile. */
export interface Change {
  readonly image?: FixtureOptions;
  /** Change one field. */
  readonly poke?: (view: DataView, fixture: Fixture) => void;
  /** Cut the file to so many bytes. */
  readonly cut?: (fixture: Fixture) => number;
  readonly options?: SyncOpenOptions;
}

export interface Row extends Change {
  readonly name: string;
  readonly action: Action;
  readonly code: Code;
}

/** One line of the table; `code` without its prefix. */
export function row(name: string, action: Action, code: Code, change: Change): Row {
  return { name, action, code, ...change };
}

export const DATA: FixtureOptions = { clusters: [{ kind: 'data', fill: 1 }, undefined, { kind: 'data', fill: 2 }] };
export const COMPRESSED: FixtureOptions = {
  clusters: [
    { kind: 'compressed', fill: 1 },
    { kind: 'data', fill: 2 },
  ],
};
export const ZSTD: FixtureOptions = { ...DATA, zstd: true };
export const EXTENDED: FixtureOptions = {
  extendedL2: true,
  clusterBits: 14,
  clusters: [
    { kind: 'sub', fill: 1, allocated: 0xff, zeros: 0xff00 },
    { kind: 'data', fill: 2 },
  ],
};
export const SNAPSHOT: FixtureOptions = { ...DATA, snapshot: { id: '1', name: 'before' } };
export const BITMAP: FixtureOptions = { ...DATA, bitmap: 'b0' };
export const BACKED: FixtureOptions = { ...DATA, backing: { name: 'base', format: 'raw' } };
export const V2: FixtureOptions = { ...DATA, version: 2 };

const base = arraySource(new Uint8Array(4096).fill(9));
export const followsBase: SyncOpenOptions = { resolve: () => ({ source: base, id: 'base' }) };
export const followsData: SyncOpenOptions = { resolve: () => ({ source: base, id: 'data' }) };
/** Byte of the first header extension: its type, then its length. */
export const extensionAt = 112;
