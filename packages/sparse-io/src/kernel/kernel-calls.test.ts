import { execFileSync } from 'node:child_process';
import {
  closeSync,
  constants,
  ftruncateSync,
  mkdtempSync,
  openSync,
  readSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileSource } from '../source/file-source.ts';
import { type KernelCalls, loadKernelCalls } from './kernel-calls.ts';

const TIB = 2 ** 40;

/** A pipe inside this process: opened for reading and writing, so that nothing waits. */
function pipeAt(path: string): number {
  execFileSync('mkfifo', [path]);
  return openSync(path, constants.O_RDWR);
}

describe('kernel calls', () => {
  let folder = '';
  let path = '';
  let fd = -1;
  let calls: KernelCalls | undefined;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'sparse-io-'));
    path = join(folder, 'sparse');
    fd = openSync(path, 'w+');
    ftruncateSync(fd, 14 * TIB);
    writeSync(fd, new Uint8Array(8192).fill(7), 0, 8192, 9 * TIB);
    calls = await loadKernelCalls();
    expect(calls).toBeDefined();
  });
  afterAll(() => {
    closeSync(fd);
    rmSync(folder, { recursive: true });
  });

  test('data and holes are found at offsets above 2^32 and 2^43', () => {
    expect(calls?.seekData(fd, 0)).toBe(9 * TIB);
    expect(calls?.seekHole(fd, 9 * TIB)).toBe(9 * TIB + 8192);
    expect(calls?.seekData(fd, 9 * TIB + 8192)).toBeUndefined();
    expect(calls?.seekHole(fd, 14 * TIB)).toBeUndefined();
  });

  test('an error carries the name of its errno', () => {
    expect(() => calls?.seekData(4095, 0)).toThrow(expect.objectContaining({ code: 'EBADF' }));
    expect(() => calls?.blockDeviceSize(fd)).toThrow(expect.objectContaining({ code: 'ENOTTY' }));
  });

  test.each([Number.NaN, 1.5, -1, 2 ** 63, 2 ** 64])('refuses %p as an offset before the kernel sees it', (offset) => {
    expect(() => calls?.punchHole(fd, offset, 4096)).toThrow(RangeError);
  });

  test('a punched hole frees blocks and keeps the size', () => {
    calls?.punchHole(fd, 9 * TIB, 4096);
    expect(calls?.seekData(fd, 0)).toBe(9 * TIB + 4096);
    expect(statSync(path).size).toBe(14 * TIB);
  });

  test('a range is reserved, made zero and freed again', () => {
    const at = 13 * TIB;
    const blocks = () => statSync(path).blocks;
    const before = blocks();
    calls?.allocate(fd, at, 2 ** 20);
    expect(blocks() - before).toBeGreaterThanOrEqual(2 ** 11);
    writeSync(fd, new Uint8Array(4096).fill(9), 0, 4096, at);
    calls?.punchHole(fd, at, 4096);
    const bytes = new Uint8Array(4096).fill(1);
    readSync(fd, bytes, 0, 4096, at);
    expect(bytes.every((byte) => byte === 0)).toBe(true);
    calls?.punchHole(fd, at, 2 ** 20);
    expect(blocks()).toBe(before);
    expect(statSync(path).size).toBe(14 * TIB);
  });

  test('cached pages of a file are dropped; a pipe is refused with its error', () => {
    expect(() => calls?.dropCache(fd, 0, 0)).not.toThrow();
    const pipe = pipeAt(join(folder, 'p0'));
    expect(() => calls?.dropCache(pipe, 0, 0)).toThrow(expect.objectContaining({ code: 'ESPIPE', errno: -29 }));
    closeSync(pipe);
  });

  test('calls for devices are refused for a file', () => {
    for (const call of [calls?.discard, calls?.zeroOut]) {
      expect(() => call?.(fd, 0, 512)).toThrow(expect.objectContaining({ code: 'ENOTTY' }));
    }
    expect(() => calls?.flushDevice(fd)).toThrow(expect.objectContaining({ code: 'ENOTTY' }));
  });

  test('a pipe grows, and takes zeros and pages of a file at offsets above 2^32', () => {
    const pipe = pipeAt(join(folder, 'p1'));
    expect(calls?.setPipeSize(pipe, 2 ** 18)).toBe(2 ** 18);
    writeSync(fd, Uint8Array.of(1, 2, 3), 0, 3, 10 * TIB);
    expect(calls?.spliceZeros(pipe, 5)).toBe(5);
    expect(calls?.splice(fd, 10 * TIB, pipe, 3)).toBe(3);
    expect(calls?.splice(fd, 14 * TIB, pipe, 3)).toBe(0);
    const bytes = new Uint8Array(8).fill(9);
    readSync(pipe, bytes, 0, 8, null);
    expect([...bytes]).toEqual([0, 0, 0, 0, 0, 1, 2, 3]);
    closeSync(pipe);
  });

  test('extended attributes come back as they were set', () => {
    const value = Uint8Array.of(0, 255, 10);
    calls?.setAttribute(fd, 'user.x', value);
    calls?.setAttribute(fd, 'user.empty', new Uint8Array(0));
    expect(
      calls
        ?.listAttributes(fd)
        .filter((name) => name.startsWith('user.'))
        .sort(),
    ).toEqual(['user.empty', 'user.x']);
    expect([...(calls?.getAttribute(fd, 'user.x') ?? [])]).toEqual([...value]);
    expect(calls?.getAttribute(fd, 'user.empty')).toHaveLength(0);
    expect(() => calls?.getAttribute(fd, 'user.none')).toThrow(expect.objectContaining({ code: 'ENODATA' }));
  });

  test('using closes the descriptor', () => {
    let kept = -1;
    {
      using source = FileSource.open(path);
      kept = source.fd;
      expect(source.size).toBe(14 * TIB);
    }
    expect(() => calls?.seekData(kept, 0)).toThrow(expect.objectContaining({ code: 'EBADF' }));
  });
});
