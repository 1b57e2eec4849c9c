import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync, readFileSync, readSync, writeFileSync } from 'node:fs';
import { loadKernelCalls } from '../kernel/kernel-calls.ts';
import { sameBytes } from '../testing/same-bytes.ts';
import { tempFolder } from '../testing.ts';
import { StreamSink } from './stream-sink.ts';

/** A pipe inside this process: opened for reading and writing, so that nothing waits. */
function pipeAt(path: string): number {
  execFileSync('mkfifo', [path]);
  return openSync(path, constants.O_RDWR);
}

function drain(fd: number, length: number): Uint8Array {
  const into = new Uint8Array(length);
  for (let done = 0; done < length; ) done += readSync(fd, into, done, length - done, null);
  return into;
}

describe('StreamSink', () => {
  test('sends gaps and skipped ranges as zeros, up to the size', async () => {
    using folder = tempFolder();
    const fd = openSync(folder.file('a'), 'w');
    const sink = new StreamSink(fd, { owned: true });
    sink.writeAt(Uint8Array.of(1, 2), 3);
    sink.skip(5, 2);
    sink.zero(8, 1);
    sink.writeAt(Uint8Array.of(9), 10);
    expect(sink.position).toBe(11);
    await sink.finish(13);
    expect([...readFileSync(folder.file('a'))]).toEqual([0, 0, 0, 1, 2, 0, 0, 0, 0, 0, 9, 0, 0]);
    expect(() => closeSync(fd)).toThrow(expect.objectContaining({ code: 'EBADF' }));
  });

  test('continues at the position of the descriptor, as after the writes of another program', async () => {
    using folder = tempFolder();
    writeFileSync(folder.file('a'), 'before ');
    const fd = openSync(folder.file('a'), 'a');
    const sink = new StreamSink(fd);
    sink.writeAt(new TextEncoder().encode('after'), 0);
    await sink.finish(5);
    closeSync(fd);
    expect(readFileSync(folder.file('a'), 'utf8')).toBe('before after');
  });

  test('refuses to go back', () => {
    using folder = tempFolder();
    const fd = openSync(folder.file('a'), 'w');
    using sink = new StreamSink(fd, { owned: true });
    sink.writeAt(Uint8Array.of(1, 2), 0);
    expect(() => sink.writeAt(Uint8Array.of(3), 1)).toThrow(
      expect.objectContaining({ code: 'SPARSE_NOT_SEEKABLE', detail: { offset: 1 } }),
    );
  });

  test('a pipe gets zeros and pages of a file inside the kernel, with the same bytes', async () => {
    const kernel = await loadKernelCalls();
    using folder = tempFolder();
    const fd = pipeAt(folder.file('p'));
    const bytes = Uint8Array.from({ length: 300_000 }, (_, at) => at % 251);
    writeFileSync(folder.file('a'), bytes);
    const file = openSync(folder.file('a'), 'r');
    const sink = new StreamSink(fd, { kernel });
    sink.zero(0, 100_001);
    expect(sink.transferFrom?.(file, 1000, 100_001, 200_000)).toBe(200_000);
    sink.writeAt(Uint8Array.of(255), 300_001);
    const got = drain(fd, 300_002);
    expect(got.subarray(0, 100_001).every((byte) => byte === 0)).toBe(true);
    expect(sameBytes(got.subarray(100_001, 300_001), bytes.subarray(1000, 201_000))).toBe(true);
    expect(got[300_001]).toBe(255);
    closeSync(file);
    closeSync(fd);
  });

  test('a transfer that meets the end of the file, or fails, leaves the rest to the caller', async () => {
    const kernel = await loadKernelCalls();
    using folder = tempFolder();
    const fd = pipeAt(folder.file('p'));
    writeFileSync(folder.file('a'), 'abc');
    const file = openSync(folder.file('a'), 'r');
    const sink = new StreamSink(fd, { kernel });
    expect(sink.transferFrom?.(file, 1, 0, 10)).toBe(2);
    expect(sink.transferFrom?.(4095, 0, 2, 10)).toBe(0);
    expect([sink.position, new TextDecoder().decode(drain(fd, 2))]).toEqual([2, 'bc']);
    closeSync(file);
    closeSync(fd);
  });

  test('without kernel calls a pipe has no transfer and gets the same zeros', () => {
    using folder = tempFolder();
    const fd = pipeAt(folder.file('p'));
    const sink = new StreamSink(fd);
    sink.zero(0, 1000);
    expect(sink.transferFrom).toBeUndefined();
    expect(drain(fd, 1000).every((byte) => byte === 0)).toBe(true);
    closeSync(fd);
  });
});
