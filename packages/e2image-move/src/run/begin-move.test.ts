import { Buffer } from 'node:buffer';
import { HEAD_OFFSET, SECTOR } from '../disk/geometry.ts';
import { insideMapCapacity } from '../homes/inside-home.ts';
import { readNewestSlot, SLOTS_BYTES } from '../record/record.ts';
import { LENGTH, moveWorld } from '../testing/move-world.ts';
import { rangesOf, usedBytes } from '../used/used-map.ts';
import { type BatchLimits, beginBeside, beginInside, fitsInside, sideFileBytes } from './begin-move.ts';

/** The record that a move by some sectors begins with. */
function recordOf(sectors: number, limits: BatchLimits, blockSize = 1024) {
  const move = { source: 0, destination: sectors * SECTOR, length: LENGTH };
  const { device, file, task } = moveWorld({ move, limits, blockSize });
  return { record: beginBeside(device, file, task).record, bytes: sideFileBytes(task) };
}

describe('beginBeside', () => {
  test('writes the record, and does not touch the device', () => {
    const { device, file, task, content, side, trace } = moveWorld();
    const before = content.slice();
    const { record } = beginBeside(device, file, task);
    expect(Buffer.compare(content, before)).toBe(0);
    expect(readNewestSlot({ readAt: (into, at) => into.set(side.subarray(at, at + into.length)) }, 0)).toEqual(record);
    expect(trace.map(({ disk, kind }) => `${disk} ${kind}`)).toEqual(['1 write', '1 sync', '1 write', '1 sync']);
  });

  test.each([
    ['fit the distance', 20, { batch: 100 * SECTOR, shortestUnlogged: 0 }, 20 * SECTOR],
    ['are at most as long as the limit', 20, { batch: 6 * SECTOR, shortestUnlogged: 0 }, 6 * SECTOR],
    ['are whole blocks', 21, { batch: 100 * SECTOR, shortestUnlogged: 0 }, 20 * SECTOR],
    ['are sectors where a block does not fit', 1, { batch: 100 * SECTOR, shortestUnlogged: 0 }, SECTOR],
  ])('batches %s', (_, distance, limits, batchBytes) => {
    expect(recordOf(distance, limits).record).toMatchObject({ batchBytes, logAt: 0 });
  });

  test('short distances are logged, and the file has room for the log', () => {
    const { record, bytes } = recordOf(20, { batch: 50 * SECTOR, shortestUnlogged: 21 * SECTOR });
    expect(record.logAt).toBeGreaterThanOrEqual(SLOTS_BYTES + record.mapBytes);
    expect(record.batchBytes).toBe(50 * SECTOR);
    expect(bytes).toBe(record.logAt + record.batchBytes);
  });

  test('a distance of the whole length is never logged: nothing overlaps', () => {
    expect(recordOf(100, { batch: SECTOR, shortestUnlogged: Infinity }).record.logAt).toBe(0);
  });

  test.each([
    [20 * SECTOR, LENGTH],
    [0, 0],
  ])('a move to byte %d begins at position %d', (destination, position) => {
    const source = destination === 0 ? 20 * SECTOR : 0;
    const { device, file, task } = moveWorld({ move: { source, destination, length: LENGTH } });
    expect(beginBeside(device, file, task).record).toMatchObject({ state: 'started', sequence: 1, position });
  });
});

describe('beginInside', () => {
  const inside = { source: 0, destination: 90 * SECTOR, length: LENGTH };

  test('does not touch the file system', () => {
    const { device, task, content } = moveWorld({ move: inside });
    const before = content.slice(0, LENGTH);
    beginInside(device, task);
    expect(Buffer.compare(content.subarray(0, LENGTH), before)).toBe(0);
    expect(content.subarray(HEAD_OFFSET, HEAD_OFFSET + SECTOR)).toEqual(task.head);
  });

  test('makes a map that fits, and that covers everything in use', () => {
    const runs = Array.from({ length: 600 }, (_, i) => [80 * i, 80 * i + 40]).flat();
    const { device, task } = moveWorld({ move: inside, map: Float64Array.from(runs) });
    const { map, record } = beginInside(device, task);
    expect(record.mapBytes).toBeLessThanOrEqual(insideMapCapacity(inside) ?? 0);
    const ranges = [...rangesOf(map)];
    expect([...rangesOf(task.map)].every((a) => ranges.some((b) => b.from <= a.from && a.to <= b.to))).toBe(true);
    expect(usedBytes(map)).toBeGreaterThanOrEqual(usedBytes(task.map));
  });

  test('is refused where the device has no room', () => {
    const { device, task } = moveWorld();
    expect(fitsInside(task.move)).toBe(false);
    expect(fitsInside(inside)).toBe(true);
    expect(() => beginInside(device, task)).toThrow(TypeError);
  });
});
