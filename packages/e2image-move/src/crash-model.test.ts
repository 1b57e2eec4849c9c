import { Buffer } from 'node:buffer';
import { HEAD_OFFSET, SECTOR } from './disk/geometry.ts';
import type { SideFile } from './homes/side-file.ts';
import { type BatchLimits, beginBeside, beginInside, type Journey, type MoveTask } from './run/begin-move.ts';
import { findMarker, resumeBeside, resumeInside } from './run/resume-move.ts';
import { CrashPoint, type Operation, tracedDisk } from './testing/crash-disk.ts';
import { rangesOf } from './used/used-map.ts';

/*
 * Every crash point of a move, every kind of crash state at each, and crashes of the resume: is a file system ever
 * lost, or does a place ever mount that is not whole? Disk 0 is the device, disk 1 the file of the record.
 */

const DEVICE = 0;
const SIDE = 1;
/** Sectors before, between and after the two places, which nobody may touch. */
const GUARD = 2 * SECTOR;

interface Model {
  readonly inside: boolean;
  readonly task: MoveTask;
  /** Disks before the move. */
  readonly disks: readonly Uint8Array[];
}

interface Counts {
  states: number;
  resumed: number;
  untouched: number;
  lost: number;
  wrong: number;
}

/** Numbers in [0, 1), the same in every run (mulberry32). */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b_79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

function model(options: {
  readonly inside: boolean;
  readonly sectors: number;
  readonly distance: number;
  readonly right: boolean;
  readonly used: readonly (readonly [number, number])[];
  readonly limits: BatchLimits;
}): Model {
  const pick = numbers(options.distance * 2 + (options.right ? 1 : 0));
  const length = options.sectors * SECTOR;
  const [low, high] = [GUARD, GUARD + options.distance * SECTOR];
  const move = options.right ? { source: low, destination: high, length } : { source: high, destination: low, length };
  const device = Uint8Array.from({ length: high + length + GUARD }, () => Math.floor(pick() * 256));
  device[move.source + HEAD_OFFSET + 0x38] = 0x53;
  device[move.source + HEAD_OFFSET + 0x39] = 0xef;
  const head = device.slice(move.source + HEAD_OFFSET, move.source + HEAD_OFFSET + SECTOR);
  const map = Float64Array.from(options.used.flat(), (sector) => sector * SECTOR);
  const id = Uint8Array.from({ length: 16 }, () => Math.floor(pick() * 256));
  const task = { move, blockSize: 2 * SECTOR, map, head, id, limits: options.limits };
  return { inside: options.inside, task, disks: [device, new Uint8Array(options.inside ? 0 : 40 * SECTOR + length)] };
}

const side = (storage: SideFile['storage']): SideFile => ({ storage, path: 'record', remove: () => undefined });

function begin({ inside, task }: Model, disks: readonly Uint8Array[], trace: Operation[]): Journey {
  const device = tracedDisk(disks[DEVICE] ?? new Uint8Array(), DEVICE, trace);
  const file = tracedDisk(disks[SIDE] ?? new Uint8Array(), SIDE, trace);
  return inside ? beginInside(device, task) : beginBeside(device, side(file), task);
}

function resume({ inside, task }: Model, disks: readonly Uint8Array[], trace: Operation[]): Journey | undefined {
  const device = tracedDisk(disks[DEVICE] ?? new Uint8Array(), DEVICE, trace);
  if (!inside) return resumeBeside(device, side(tracedDisk(disks[SIDE] ?? new Uint8Array(), SIDE, trace)));
  const marker = findMarker(device, task.move);
  return marker === undefined ? undefined : resumeInside(device, marker);
}

function finish({ record, mover }: Journey): void {
  for (let at: typeof record | undefined = record; at !== undefined; ) at = mover.step(at);
}

const mounts = (device: Uint8Array, place: number): boolean =>
  device[place + HEAD_OFFSET + 0x38] === 0x53 && device[place + HEAD_OFFSET + 0x39] === 0xef;

function isWhole(device: Uint8Array, place: number, { disks, task }: Model): boolean {
  const original = disks[DEVICE] ?? new Uint8Array();
  return [...rangesOf(task.map)].every(({ from, to }) => {
    const { source } = task.move;
    return sameBytes(device, original, { from, to, ours: place, other: source });
  });
}

function guardsAreWhole(device: Uint8Array, { disks, task: { move } }: Model): boolean {
  const original = disks[DEVICE] ?? new Uint8Array();
  const [low, high] = [Math.min(move.source, move.destination), Math.max(move.source, move.destination)];
  const outside = [
    [0, low],
    [low + move.length, Math.max(low + move.length, high)],
    [high + move.length, device.length],
  ] as const;
  return outside.every(([from, to]) => sameBytes(device, original, { from, to, ours: 0, other: 0 }));
}

const sameBytes = (
  a: Uint8Array,
  b: Uint8Array,
  at: { from: number; to: number; ours: number; other: number },
): boolean =>
  Buffer.compare(a.subarray(at.ours + at.from, at.ours + at.to), b.subarray(at.other + at.from, at.other + at.to)) ===
  0;

/** A crash state: may something mount that is not whole? And when resumed: is the file system there? */
function judge(m: Model, disks: readonly Uint8Array[], counts: Counts, trace: Operation[] = []): void {
  const device = disks[DEVICE] ?? new Uint8Array();
  const { source, destination } = m.task.move;
  counts.states++;
  if ([source, destination].some((place) => mounts(device, place) && !isWhole(device, place, m))) counts.wrong++;
  try {
    const journey = resume(m, disks, trace);
    if (journey === undefined) {
      counts.untouched++;
      if (![source, destination].some((place) => mounts(device, place) && isWhole(device, place, m))) counts.lost++;
      return;
    }
    counts.resumed++;
    finish(journey);
  } catch {
    counts.lost++;
    return;
  }
  const there = mounts(device, destination) && isWhole(device, destination, m) && guardsAreWhole(device, m);
  if (!there || findMarker(tracedDisk(device, DEVICE, []), m.task.move) !== undefined) counts.lost++;
}

/** Crash a traced run at each of its points; crash some of the resumes again. */
function crashEverywhere(m: Model, counts: Counts, seed: number): void {
  const pick = numbers(seed);
  const trace: Operation[] = [];
  const disks = m.disks.map((disk) => disk.slice());
  finish(begin(m, disks, trace));
  const point = new CrashPoint(m.disks);
  for (const operation of trace) {
    point.apply(operation);
    for (const state of point.states({ random: 2, pick })) {
      const before = state.map((disk) => disk.slice());
      const again: Operation[] = [];
      judge(m, state, counts, again);
      if (pick() < 0.15) crashResume(m, before, again, counts, pick);
    }
  }
}

function crashResume(
  m: Model,
  before: readonly Uint8Array[],
  trace: readonly Operation[],
  counts: Counts,
  pick: () => number,
): void {
  const point = new CrashPoint(before);
  const stops = new Set([0, 1, 2].map(() => Math.floor(pick() * trace.length)));
  trace.forEach((operation, index) => {
    point.apply(operation);
    if (!stops.has(index)) return;
    const states = [...point.states({ random: 2, pick })];
    const state = states[Math.floor(pick() * states.length)];
    if (state !== undefined) judge(m, state, counts);
  });
}

/** Sectors in use: gaps of every kind, also at the superblock of the other place. */
const USED: readonly (readonly [number, number])[] = [
  [0, 6],
  [8, 10],
  [11, 18],
  [22, 24],
];
const DISTANCES = [1, 2, 3, 4, 5, 8, 13, 21, 23, 24, 25, 40];
const BOTH = [true, false];

const none: Counts = { states: 0, resumed: 0, untouched: 0, lost: 0, wrong: 0 };

function run(models: readonly Model[]): Counts {
  const counts = { ...none };
  models.forEach((m, index) => {
    crashEverywhere(m, counts, index + 1);
  });
  return counts;
}

const beside = (limits: BatchLimits): Model[] =>
  DISTANCES.flatMap((distance) =>
    BOTH.map((right) => model({ inside: false, sectors: 24, distance, right, used: USED, limits })),
  );

describe('no crash state loses a file system or lets one mount that is not whole', () => {
  test('record in a file, batches that fit the distance', () => {
    const counts = run(beside({ batch: 6 * SECTOR, shortestUnlogged: 0 }));
    expect(counts).toMatchObject({ lost: 0, wrong: 0 });
    expect(counts.resumed).toBeGreaterThan(5000);
    expect(counts.untouched).toBeGreaterThan(100);
  });

  test('record in a file, batches logged', () => {
    const counts = run(beside({ batch: 6 * SECTOR, shortestUnlogged: Number.POSITIVE_INFINITY }));
    expect(counts).toMatchObject({ lost: 0, wrong: 0 });
    expect(counts.resumed).toBeGreaterThan(5000);
  });

  test('record inside the device', () => {
    const used = [[0, 40], [50, 90], [92, 170], [180, 198]] as const; // biome-ignore format: a table
    const limits = { batch: 24 * SECTOR, shortestUnlogged: 0 };
    const models = [80, 81, 150, 199, 230].flatMap((distance) =>
      BOTH.map((right) => model({ inside: true, sectors: 200, distance, right, used, limits })),
    );
    const counts = run(models);
    expect(counts).toMatchObject({ lost: 0, wrong: 0 });
    expect(counts.resumed).toBeGreaterThan(5000);
    expect(counts.untouched).toBeGreaterThan(100);
  });
});
