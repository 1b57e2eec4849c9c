import { type Operation, tracedDisk } from '../disk/crash-disk.ts';
import { HEAD_OFFSET, SECTOR } from '../disk/geometry.ts';
import type { Storage } from '../disk/storage.ts';
import { insidePlaces } from '../homes/inside-home.ts';
import {
  decodeRecord,
  encodeRecord,
  type MoveRecord,
  readNewestSlot,
  SLOT_BYTES,
  SLOTS_BYTES,
} from '../record/record.ts';
import { beginBeside, beginInside, type Journey, type MoveTask } from '../run/begin-move.ts';
import { findMarker, resumeBeside, resumeInside } from '../run/resume-move.ts';

const LENGTH = 100 * SECTOR;
const LIMITS = { batch: 10 * SECTOR, shortestUnlogged: 0 };

function world(change: Partial<MoveTask> = {}) {
  const task: MoveTask = {
    move: { source: 0, destination: 20 * SECTOR, length: LENGTH },
    blockSize: 1024,
    map: Float64Array.of(0, LENGTH),
    head: new Uint8Array(SECTOR).fill(7),
    id: new Uint8Array(16).fill(1),
    limits: LIMITS,
    ...change,
  };
  const content = Uint8Array.from({ length: 300 * SECTOR }, (_, i) => i % 253);
  content.set(task.head, task.move.source + HEAD_OFFSET);
  const side = new Uint8Array(300 * SECTOR);
  const trace: Operation[] = [];
  const device = tracedDisk(content, 0, trace);
  let removed = false;
  const file = {
    storage: tracedDisk(side, 1, trace),
    path: 'record',
    remove: () => {
      removed = true;
    },
  };
  return { task, content, side, trace, device, file, isRemoved: () => removed };
}

function stepTo({ record, mover }: Journey, state: MoveRecord['state'] | undefined): MoveRecord | undefined {
  let at: MoveRecord | undefined = record;
  while (at !== undefined && at.state !== state) at = mover.step(at);
  return at;
}

const failing = (device: Storage, method: 'readAt' | 'sync' | 'writeAt', code: string, from: number): Storage => {
  let calls = 0;
  const called = (name: typeof method): void => {
    if (name === method && ++calls >= from) throw Object.assign(new Error(code), { code });
  };
  return {
    readAt(into, offset) {
      called('readAt');
      device.readAt(into, offset);
    },
    writeAt(bytes, offset) {
      called('writeAt');
      device.writeAt(bytes, offset);
    },
    sync() {
      called('sync');
      device.sync();
    },
  };
};

describe('a move', () => {
  test('syncs the device before each record, and the record before the next batch', () => {
    const { device, file, task, trace } = world();
    stepTo(beginBeside(device, file, task), undefined);
    const unsynced = [false, false];
    for (const { disk, kind } of trace) {
      if (kind === 'write') expect(unsynced[1 - disk]).toBe(false);
      unsynced[disk] = kind === 'write';
    }
    expect(trace.filter(({ disk, kind }) => disk === 0 && kind === 'sync')).toHaveLength(1 + LENGTH / LIMITS.batch + 2);
  });

  test('deletes its record when the file system is whole, and leaves no marker', () => {
    const { device, file, task, content, isRemoved } = world();
    const before = content.slice(0, LENGTH);
    stepTo(beginBeside(device, file, task), undefined);
    expect(isRemoved()).toBe(true);
    expect(content.slice(task.move.destination, task.move.destination + LENGTH)).toEqual(before);
    expect(findMarker(device, task.move)).toBeUndefined();
  });

  test('copies nothing that is not in use', () => {
    const map = Float64Array.of(0, 4096, 20 * SECTOR, 30 * SECTOR);
    const { device, file, task, trace } = world({ map });
    stepTo(beginBeside(device, file, task), undefined);
    const ends = trace.flatMap((operation) =>
      operation.disk === 0 && operation.kind === 'write' ? [operation.offset + operation.bytes.length] : [],
    );
    expect(Math.max(...ends)).toBe(task.move.destination + 30 * SECTOR);
  });

  test('stops at a block that cannot be read, before its batch counts, and goes on when it can be read again', () => {
    const { device, file, task, content, side } = world();
    const before = content.slice(0, LENGTH);
    const broken = failing(device, 'readAt', 'EIO', 3);
    expect(() => stepTo(beginBeside(broken, file, task), undefined)).toThrow(
      expect.objectContaining({ code: 'MOVE_UNREADABLE' }),
    );
    expect(readNewestSlot(tracedDisk(side, 1, []), 0)?.position).toBe(LENGTH - 2 * LIMITS.batch);
    const again = resumeBeside(device, file);
    if (again === undefined) throw new Error('nothing to resume');
    stepTo(again, undefined);
    expect(content.slice(task.move.destination, task.move.destination + LENGTH)).toEqual(before);
  });

  test.each(['sync', 'writeAt'] as const)('records nothing of a batch whose %s failed', (method) => {
    const { device, file, task, side } = world();
    expect(() => stepTo(beginBeside(failing(device, method, 'EIO', 4), file, task), undefined)).toThrow(
      expect.objectContaining({ code: 'EIO' }),
    );
    const position = readNewestSlot(tracedDisk(side, 1, []), 0)?.position;
    expect(position).toBe(LENGTH - 2 * LIMITS.batch);
  });

  test('does not put the old superblock over one that was mounted after the switch', () => {
    const { device, file, task, content, side } = world();
    const copied = stepTo(beginBeside(device, file, task), 'copied');
    if (copied === undefined) throw new Error('never copied');
    const at = task.move.destination + HEAD_OFFSET;
    const changed = task.head.slice();
    changed[0] = 99;
    content.set(changed, at);
    side.fill(0, 0, SLOTS_BYTES);
    side.set(encodeRecord(copied));
    const again = resumeBeside(device, file);
    if (again === undefined) throw new Error('nothing to resume');
    stepTo(again, undefined);
    expect(content[at]).toBe(99);
  });
});

describe('a resume', () => {
  test('is nothing when the source was not touched, and clears what was written elsewhere', () => {
    const { device, file, task } = world();
    beginBeside(device, file, task);
    expect(resumeBeside(device, file)).toBeUndefined();
    expect(findMarker(device, task.move)).toBeUndefined();
  });

  test('refuses a device that is another one', () => {
    const { device, file, task, content } = world();
    stepTo(beginBeside(device, file, task), 'copying');
    content.fill(0);
    expect(() => resumeBeside(device, file)).toThrow(expect.objectContaining({ code: 'MOVE_DIFFERENT_DEVICE' }));
  });

  test.each([
    ['position', { position: LENGTH + 1 }],
    ['logged range', { logged: { from: 0, to: LENGTH + 1 } }],
    ['batch', { batchBytes: 2 ** 40 }],
    ['map', { mapBytes: 2 ** 40 }],
    ['place', { destination: 0 }],
    ['log', { state: 'logged' }],
    ['place of the log', { state: 'logged', logAt: 2 ** 53 - 1, logged: { from: 0, to: SECTOR } }],
    ['place of the displaced bytes', { carriedAt: 2 ** 60 }],
    ['logged bytes', { state: 'logged', logAt: 8192, logged: { from: 0, to: LENGTH } }],
  ] as const)('refuses a record whose %s is impossible', (_, change) => {
    const { device, file, task, side } = world();
    const record = stepTo(beginBeside(device, file, task), 'copying');
    if (record === undefined) throw new Error('never copying');
    side.set(encodeRecord({ ...record, ...change, sequence: 100 }));
    expect(() => resumeBeside(device, file)).toThrow(expect.objectContaining({ code: 'MOVE_JOURNAL_INVALID' }));
  });

  test('refuses a map that has changed', () => {
    const { device, file, task, side } = world();
    stepTo(beginBeside(device, file, task), 'copying');
    side[8192] = 1;
    expect(() => resumeBeside(device, file)).toThrow(expect.objectContaining({ code: 'MOVE_JOURNAL_INVALID' }));
  });

  test('is nothing when only the marker at the destination was written, and clears it', () => {
    const move = { source: 90 * SECTOR, destination: 0, length: LENGTH };
    const { device, task, content } = world({ move });
    const { mover, record } = beginInside(device, task);
    const before = content.slice();
    mover.step(record);
    const marker = findMarker(device, move);
    const torn = before.slice();
    torn.set(content.subarray(HEAD_OFFSET, HEAD_OFFSET + SECTOR), HEAD_OFFSET);
    content.set(torn);
    expect(marker && resumeInside(device, marker)).toBeUndefined();
    expect(findMarker(device, move)).toBeUndefined();
  });

  test('can never start over from a stash once the first batch may be written', () => {
    const move = { source: 0, destination: 90 * SECTOR, length: LENGTH };
    const { device, task, content } = world({ move });
    const { stashSlot } = insidePlaces(move, task.map.length * 8);
    const journey = beginInside(device, task);
    expect(decodeRecord(content.subarray(stashSlot, stashSlot + SLOT_BYTES))?.state).toBe('started');
    stepTo(journey, 'copying');
    expect(decodeRecord(content.subarray(stashSlot, stashSlot + SLOT_BYTES))).toBeUndefined();
  });

  test('refuses a marker that leaves no room for its record', () => {
    const { device, task } = world();
    const marker = { ...task.move, id: task.id, mapBytes: 16, isInside: true, journal: '' };
    expect(() => resumeInside(device, marker)).toThrow(expect.objectContaining({ code: 'MOVE_JOURNAL_INVALID' }));
    const wide = { ...marker, destination: 90 * SECTOR, mapBytes: 2 ** 40 };
    expect(() => resumeInside(device, wide)).toThrow(expect.objectContaining({ code: 'MOVE_JOURNAL_INVALID' }));
  });

  test('finds a record inside the device by the marker alone', () => {
    const move = { source: 0, destination: 90 * SECTOR, length: LENGTH };
    const { device, content, task } = world({ move });
    const before = content.slice(0, LENGTH);
    stepTo(beginInside(device, task), 'copied');
    const marker = findMarker(device, move);
    const again = marker && resumeInside(device, marker);
    if (again === undefined) throw new Error('nothing to resume');
    expect(again.record.state).toBe('copied');
    stepTo(again, undefined);
    expect(content.slice(move.destination, move.destination + LENGTH)).toEqual(before);
  });
});
