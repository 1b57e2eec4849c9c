import { faultySource, memorySource } from '@e2image/sparse-io/testing';
import { readableDisk } from './readable-disk.ts';

test('unreadable blocks and the missing end read as zeros, and are reported with the reason', () => {
  const bytes = new Uint8Array(10).fill(7);
  const source = faultySource(memorySource(bytes), { at: [{ offset: 5, length: 1 }] });
  const ranges: unknown[] = [];
  const disk = readableDisk(source, { blockSize: 4, size: 12, onUnreadable: (range) => ranges.push(range) });
  const read = new Uint8Array(12);
  disk.readAt(read, 0);
  expect(disk.size).toBe(12);
  expect([...read]).toEqual([7, 7, 7, 7, 0, 0, 0, 0, 7, 7, 0, 0]);
  expect(ranges).toEqual([
    { offset: 4, length: 4, reason: 'Input/output error' },
    { offset: 10, length: 2, reason: 'the source ends at byte 10' },
  ]);
});

test('a disk that has all its bytes is read as it is, without reports', () => {
  const bytes = Uint8Array.of(1, 2, 3, 4);
  const onUnreadable = jest.fn();
  const disk = readableDisk(memorySource(bytes), { blockSize: 4, size: 4, onUnreadable });
  const read = new Uint8Array(4);
  disk.readAt(read, 0);
  expect(read).toEqual(bytes);
  expect(onUnreadable).not.toHaveBeenCalled();
});
