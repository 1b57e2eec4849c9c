import { HEAD_OFFSET, SECTOR } from '../disk/geometry.ts';
import type { Storage } from '../disk/storage.ts';
import { encodeRecord, readNewestSlot, SLOTS_BYTES } from '../record/record.ts';
import { beginBeside } from '../run/begin-move.ts';
import { findMarker, resumeBeside } from '../run/resume-move.ts';
import { tracedDisk } from '../testing/crash-disk.ts';
import { LENGTH, LIMITS, moveWorld, stepTo } from '../testing/move-world.ts';

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
    const { device, file, task, trace } = moveWorld();
    stepTo(beginBeside(device, file, task), undefined);
    const unsynced = [false, false];
    for (const { disk, kind } of trace) {
      if (kind === 'write') expect(unsynced[1 - disk]).toBe(false);
      unsynced[disk] = kind === 'write';
    }
    expect(trace.filter(({ disk, kind }) => disk === 0 && kind === 'sync')).toHaveLength(1 + LENGTH / LIMITS.batch + 2);
  });

  test('deletes its record when the file system is whole, and leaves no marker', () => {
    const { device, file, task, content, isRemoved } = moveWorld();
    const before = content.slice(0, LENGTH);
    stepTo(beginBeside(device, file, task), undefined);
    expect(isRemoved()).toBe(true);
    expect(content.slice(task.move.destination, task.move.destination + LENGTH)).toEqual(before);
    expect(findMarker(device, task.move)).toBeUndefined();
  });

  test('copies nothing that is not in use', () => {
    const map = Float64Array.of(0, 4096, 20 * SECTOR, 30 * SECTOR);
    const { device, file, task, trace } = moveWorld({ map });
    stepTo(beginBeside(device, file, task), undefined);
    const ends = trace.flatMap((operation) =>
      operation.disk === 0 && operation.kind === 'write' ? [operation.offset + operation.bytes.length] : [],
    );
    expect(Math.max(...ends)).toBe(task.move.destination + 30 * SECTOR);
  });

  test('stops at a block that cannot be read, before its batch counts, and continues when it can be read again', () => {
    const { device, file, task, content, side } = moveWorld();
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
    const { device, file, task, side } = moveWorld();
    expect(() => stepTo(beginBeside(failing(device, method, 'EIO', 4), file, task), undefined)).toThrow(
      expect.objectContaining({ code: 'EIO' }),
    );
    const position = readNewestSlot(tracedDisk(side, 1, []), 0)?.position;
    expect(position).toBe(LENGTH - 2 * LIMITS.batch);
  });

  test('does not put the old superblock over one that was mounted after the switch', () => {
    const { device, file, task, content, side } = moveWorld();
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
