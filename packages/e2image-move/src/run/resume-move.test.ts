import { HEAD_OFFSET, SECTOR } from '../disk/geometry.ts';
import { insidePlaces } from '../homes/inside-home.ts';
import { decodeRecord, encodeRecord, SLOT_BYTES } from '../record/record.ts';
import { LENGTH, moveWorld, stepTo } from '../testing/move-world.ts';
import { beginBeside, beginInside } from './begin-move.ts';
import { findMarker, readMarker, resumeBeside, resumeInside } from './resume-move.ts';

describe('a resume', () => {
  test('is nothing when the source was not touched, and clears what was written elsewhere', () => {
    const { device, file, task } = moveWorld();
    beginBeside(device, file, task);
    expect(resumeBeside(device, file)).toBeUndefined();
    expect(findMarker(device, task.move)).toBeUndefined();
  });

  test('refuses a device that is another one', () => {
    const { device, file, task, content } = moveWorld();
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
    const { device, file, task, side } = moveWorld();
    const record = stepTo(beginBeside(device, file, task), 'copying');
    if (record === undefined) throw new Error('never copying');
    side.set(encodeRecord({ ...record, ...change, sequence: 100 }));
    expect(() => resumeBeside(device, file)).toThrow(expect.objectContaining({ code: 'MOVE_JOURNAL_INVALID' }));
  });

  test('refuses a map that has changed', () => {
    const { device, file, task, side } = moveWorld();
    stepTo(beginBeside(device, file, task), 'copying');
    side[8192] = 1;
    expect(() => resumeBeside(device, file)).toThrow(expect.objectContaining({ code: 'MOVE_JOURNAL_INVALID' }));
  });

  test('is nothing when only the marker at the destination was written, and clears it', () => {
    const move = { source: 90 * SECTOR, destination: 0, length: LENGTH };
    const { device, task, content } = moveWorld({ move });
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
    const { device, task, content } = moveWorld({ move });
    const { stashSlot } = insidePlaces(move, task.map.length * 8);
    const journey = beginInside(device, task);
    expect(decodeRecord(content.subarray(stashSlot, stashSlot + SLOT_BYTES))?.state).toBe('started');
    stepTo(journey, 'copying');
    expect(decodeRecord(content.subarray(stashSlot, stashSlot + SLOT_BYTES))).toBeUndefined();
  });

  test('refuses a marker that leaves no room for its record', () => {
    const { device, task } = moveWorld();
    const marker = { ...task.move, id: task.id, mapBytes: 16, isInside: true, journal: '' };
    expect(() => resumeInside(device, marker)).toThrow(expect.objectContaining({ code: 'MOVE_JOURNAL_INVALID' }));
    const wide = { ...marker, destination: 90 * SECTOR, mapBytes: 2 ** 40 };
    expect(() => resumeInside(device, wide)).toThrow(expect.objectContaining({ code: 'MOVE_JOURNAL_INVALID' }));
  });

  test('finds a record inside the device by the marker alone', () => {
    const move = { source: 0, destination: 90 * SECTOR, length: LENGTH };
    const { device, content, task } = moveWorld({ move });
    const before = content.slice(0, LENGTH);
    stepTo(beginInside(device, task), 'copied');
    const marker = findMarker(device, move);
    const again = marker && resumeInside(device, marker);
    if (again === undefined) throw new Error('nothing to resume');
    expect(again.record.state).toBe('copied');
    stepTo(again, undefined);
    expect(content.slice(move.destination, move.destination + LENGTH)).toEqual(before);
  });

  test('refuses displaced bytes that have changed', () => {
    const move = { source: 0, destination: 90 * SECTOR, length: LENGTH };
    const { device, content, task } = moveWorld({ move });
    const record = stepTo(beginInside(device, task), 'copying');
    const marker = findMarker(device, move);
    if (record === undefined || marker === undefined) throw new Error('never copying');
    content[record.carriedAt] = (content[record.carriedAt] ?? 0) ^ 1;
    expect(() => resumeInside(device, marker)).toThrow(expect.objectContaining({ code: 'MOVE_JOURNAL_INVALID' }));
  });

  test('is nothing where the file holds no record', () => {
    const { device, file } = moveWorld();
    expect(resumeBeside(device, file)).toBeUndefined();
  });
});

describe('findMarker', () => {
  test('prefers the marker at the source, and finds one at the destination', () => {
    const { device, file, task, content } = moveWorld({
      move: { source: 0, destination: 150 * SECTOR, length: LENGTH },
    });
    stepTo(beginBeside(device, file, task), 'copying');
    const { source, destination } = task.move;
    expect(readMarker(device, source)).toMatchObject({ ...task.move, isInside: false, journal: 'record' });
    expect(readMarker(device, destination)).toEqual(readMarker(device, source));
    content.fill(0, source + HEAD_OFFSET, source + HEAD_OFFSET + SECTOR);
    expect(readMarker(device, source)).toBeUndefined();
    expect(findMarker(device, task.move)).toMatchObject(task.move);
  });
});
