import { readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { KernelCalls } from '@e2image/sparse-io';
import { tempFolder } from '@e2image/sparse-io/testing';
import { DeviceFile } from './device.ts';

let folder: ReturnType<typeof tempFolder>;
let path = '';
beforeEach(() => {
  folder = tempFolder();
  path = join(folder.path, 'device');
  writeFileSync(
    path,
    Uint8Array.from({ length: 8192 }, (_, i) => i % 251),
  );
});
afterEach(() => folder[Symbol.dispose]());

const openDevice = (isReadOnly = false): DeviceFile => DeviceFile.open(path, { isReadOnly });

/** Kernel calls of which only `allocate` is used. */
const allocating = (allocate: KernelCalls['allocate']): KernelCalls => Object.assign(Object.create(null), { allocate });
const failingWith = (code: string) => () => {
  throw Object.assign(new Error(code), { code });
};

describe('DeviceFile', () => {
  test('reads and writes at offsets, and knows its length', () => {
    using device = openDevice();
    device.writeAt(Uint8Array.of(1, 2, 3), 4095);
    device.sync();
    const bytes = new Uint8Array(5);
    device.readAt(bytes, 4094);
    expect([...bytes]).toEqual([4094 % 251, 1, 2, 3, 4098 % 251]);
    expect([device.size, device.isBlockDevice]).toEqual([8192, false]);
  });

  test('opened for looking cannot write', () => {
    using device = openDevice(true);
    expect(() => device.writeAt(new Uint8Array(1), 0)).toThrow(expect.objectContaining({ code: 'EBADF' }));
  });

  test.each([
    ['a folder', () => folder.path],
    ['a character device', () => '/dev/null'],
  ])('refuses %s', (_, at) => {
    expect(() => DeviceFile.open(at(), { isReadOnly: true })).toThrow(
      expect.objectContaining({ code: 'MOVE_NOT_A_DEVICE' }),
    );
  });

  test('passes on that a file does not exist', () => {
    expect(() => DeviceFile.open(join(folder.path, 'none'), { isReadOnly: true })).toThrow(
      expect.objectContaining({ code: 'ENOENT' }),
    );
  });

  test('gives aligned memory of the length that was asked for, or none', () => {
    using device = openDevice();
    const memory = device.directMemory(4096, undefined);
    expect(memory === undefined || memory.length === 4096).toBe(true);
  });

  test('reads the same bytes around the page cache and through it', () => {
    using device = openDevice();
    const [cached, direct] = [new Uint8Array(4096), device.directMemory(4096, undefined) ?? new Uint8Array(4096)];
    device.readAt(cached, 4096);
    device.readAt(direct, 4096);
    expect([...direct]).toEqual([...cached]);
  });
});

describe('reserve', () => {
  const RANGES = [
    { from: 0, to: 1000 },
    { from: 16_384, to: 20_480 },
  ];

  test('makes the file longer, and allocates the ranges and no others', () => {
    const allocated: number[][] = [];
    using device = openDevice();
    device.reserve(
      RANGES,
      20_480,
      allocating((_fd, offset, length) => void allocated.push([offset, length])),
    );
    expect(allocated).toEqual([
      [0, 1000],
      [16_384, 4096],
    ]);
    expect([device.size, statSync(path).size]).toEqual([20_480, 20_480]);
  });

  test('never shortens a file', () => {
    using device = openDevice();
    device.reserve([], 100, undefined);
    expect(device.size).toBe(8192);
  });

  test.each(['EOPNOTSUPP', 'ENOTSUP', 'ENOSYS'])('writes the existing bytes again after %s', (code) => {
    const before = readFileSync(path);
    truncateSync(path, 20_480);
    using device = openDevice();
    device.reserve(RANGES, 20_480, allocating(failingWith(code)));
    expect(readFileSync(path).subarray(0, 8192).equals(before)).toBe(true);
    expect(statSync(path).blocks * 512).toBeGreaterThanOrEqual(8192 + 4096);
  });

  test('gives the file its old length again when space is missing', () => {
    using device = openDevice();
    expect(() => device.reserve(RANGES, 20_480, allocating(failingWith('ENOSPC')))).toThrow('ENOSPC');
    expect([device.size, statSync(path).size]).toEqual([8192, 8192]);
  });
});
