import { execFileSync } from 'node:child_process';
import { closeSync, constants, fstatSync, openSync, readFileSync, readSync, writeFileSync } from 'node:fs';
import { type KernelCalls, loadKernelCalls } from '../kernel/kernel-calls.ts';
import { sameBytes } from '../testing/same-bytes.ts';
import { injectedError, tempFolder } from '../testing.ts';
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
    const sink = new StreamSink(fd, { isOwned: true });
    sink.writeAt(Uint8Array.of(1, 2), 3);
    sink.skip(5, 2);
    sink.zero(8, 1);
    sink.writeAt(Uint8Array.of(9), 10);
    expect(sink.position).toBe(11);
    await sink.finish(13);
    expect([...readFileSync(folder.file('a'))]).toEqual([0, 0, 0, 1, 2, 0, 0, 0, 0, 0, 9, 0, 0]);
    expect(() => closeSync(fd)).toThrow(expect.objectContaining({ code: 'EBADF' }));
  });

  test('counts gaps, zeros and skipped ranges as sent', () => {
    using folder = tempFolder();
    using sink = new StreamSink(openSync(folder.file('a'), 'w'), { isOwned: true });
    const positions: number[] = [];
    const step = (run: () => void): void => {
      run();
      positions.push(sink.position);
    };
    step(() => sink.zero(3, 2));
    step(() => sink.skip(7, 1));
    step(() => sink.writeAt(Uint8Array.of(1), 8));
    step(() => sink.writeAt(Uint8Array.of(1), 10));
    expect([positions, [...readFileSync(folder.file('a'))]]).toEqual([
      [5, 8, 9, 11],
      [0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1],
    ]);
    for (const back of [() => sink.zero(10, 1), () => sink.skip(10, 1)]) {
      expect(back).toThrow(expect.objectContaining({ code: 'SPARSE_NOT_SEEKABLE', detail: { offset: 10 } }));
    }
  });

  test('sends zeros of any length, also more than one write, and the rest up to the size', async () => {
    using folder = tempFolder();
    const fd = openSync(folder.file('a'), 'w');
    const sink = new StreamSink(fd, { isOwned: true });
    sink.zero(0, 600_000);
    expect(fstatSync(fd).size).toBe(600_000);
    await sink.finish(1_300_001);
    expect(readFileSync(folder.file('a')).equals(new Uint8Array(1_300_001))).toBe(true);
  });

  test('finish, abort and dispose close only a descriptor that is owned, and only once', async () => {
    using folder = tempFolder();
    const fd = openSync(folder.file('a'), 'w');
    await new StreamSink(fd).finish(0);
    new StreamSink(fd).abort();
    expect(fstatSync(fd).isFile()).toBe(true);
    const sink = new StreamSink(fd, { isOwned: true });
    sink.abort();
    expect(() => fstatSync(fd)).toThrow(expect.objectContaining({ code: 'EBADF' }));
    const other = openSync(folder.file('b'), 'w');
    sink.abort();
    await sink.finish(0).catch(() => undefined);
    expect([other, fstatSync(other).isFile()]).toEqual([fd, true]);
    closeSync(other);
  });

  test('errors of a write, of zeros and of a splice carry their offset; EPIPE ends a transfer', () => {
    const full = new StreamSink(openSync('/dev/full', 'w'), { isOwned: true });
    expect(() => full.writeAt(Uint8Array.of(1), 0)).toThrow(expect.objectContaining({ code: 'ENOSPC', offset: 0 }));
    expect(() => full.zero(0, 5)).toThrow(expect.objectContaining({ code: 'ENOSPC', offset: 0 }));
    full.abort();
    using folder = tempFolder();
    const fd = pipeAt(folder.file('p'));
    const answers: (number | string)[] = [7, 'EPIPE', 3, 'EIO', 'EPIPE'];
    const call = (): number => {
      const answer = answers.shift() ?? 0;
      if (typeof answer === 'string') throw injectedError(answer, 'splice');
      return answer;
    };
    const kernel: KernelCalls = Object.assign(Object.create(null), {
      splice: call,
      spliceZeros: call,
      setPipeSize: () => {
        throw injectedError('EPERM', 'fcntl');
      },
    });
    const sink = new StreamSink(fd, { kernel });
    expect(() => sink.transferFrom?.(5, 0, 0, 20)).toThrow(expect.objectContaining({ code: 'EPIPE', offset: 7 }));
    expect([sink.transferFrom?.(5, 0, 0, 20), sink.position]).toEqual([3, 3]);
    expect(() => sink.zero(3, 5)).toThrow(expect.objectContaining({ code: 'EPIPE', offset: 3 }));
    closeSync(fd);
  });

  test('zeros of a pipe are sent in pieces as the kernel takes them, of at most 1 MiB', () => {
    using folder = tempFolder();
    const fd = pipeAt(folder.file('p'));
    const sizes: number[] = [];
    const asked: number[][] = [];
    const kernel: KernelCalls = Object.assign(Object.create(null), {
      spliceZeros: (pipe: number, length: number) => {
        asked.push([pipe, length]);
        return Math.min(length, 700_000);
      },
      setPipeSize: (_pipe: number, length: number) => sizes.push(length),
    });
    const sink = new StreamSink(fd, { kernel });
    sink.zero(0, 2_000_000);
    expect([asked, sink.position, sizes]).toEqual([
      [
        [fd, 1 << 20],
        [fd, 1 << 20],
        [fd, 600_000],
      ],
      2_000_000,
      [1 << 20],
    ]);
    closeSync(fd);
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
    using sink = new StreamSink(fd, { isOwned: true });
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
