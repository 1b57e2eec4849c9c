import { kernelCalls } from './kernel-calls.ts';
import type { Libc } from './libc.ts';

/** Calls over a libc that records each call and returns what the test gives. */
function recorded(results: Partial<Record<keyof Libc, number>> = {}) {
  const log: string[] = [];
  const call =
    (name: keyof Libc) =>
    (...values: readonly (number | Uint8Array)[]): number => {
      log.push([name, ...values.map(shown)].join(' '));
      return results[name] ?? 0;
    };
  const libc: Libc = {
    lseek: call('lseek'),
    fallocate: call('fallocate'),
    ioctl: call('ioctl'),
    fcntl: call('fcntl'),
    fadvise: call('fadvise'),
    splice: call('splice'),
    vmsplice: call('vmsplice'),
    madvise: call('madvise'),
    mmap: call('mmap'),
    flistxattr: call('flistxattr'),
    fgetxattr: call('fgetxattr'),
    fsetxattr: call('fsetxattr'),
  };
  return { log, libc, calls: kernelCalls(libc) };
}

/** Bytes in hexadecimal, words of 8 bytes apart. */
const shown = (value: number | Uint8Array): string =>
  typeof value === 'number'
    ? String(value)
    : `[${Array.from(value, (byte, at) => `${at > 0 && at % 8 === 0 ? ' ' : ''}${byte.toString(16).padStart(2, '0')}`).join('')}]`;

describe('kernel calls pass to libc', () => {
  test('the constants of lseek(2), fallocate(2) and posix_fadvise(2)', () => {
    const { log, calls } = recorded();
    calls.seekData(9, 10);
    calls.seekHole(9, 10);
    calls.allocate(9, 10, 20);
    calls.punchHole(9, 10, 20);
    calls.willNeed(9, 10, 20);
    calls.dropCache(9, 10, 20);
    expect(log).toEqual([
      'lseek 9 10 3',
      'lseek 9 10 4',
      'fallocate 9 1 10 20',
      'fallocate 9 3 10 20',
      'fadvise 9 10 20 3',
      'fadvise 9 10 20 4',
    ]);
  });

  test('the requests of linux/fs.h, ranges as two words of 64 bits', () => {
    const { log, calls } = recorded();
    calls.discard(9, 0x1_0000_0200, 0x2_0000_0400);
    calls.zeroOut(9, 512, 1024);
    calls.flushDevice(9);
    expect(log).toEqual([
      `ioctl 9 ${0x1277} [0002000001000000 0004000002000000]`,
      `ioctl 9 ${0x127f} [0002000000000000 0004000000000000]`,
      `ioctl 9 ${0x1261} [0000000000000000]`,
    ]);
  });

  test('the size of a device comes back from its 64 bits', () => {
    const { libc } = recorded();
    const requests: number[] = [];
    const { blockDeviceSize } = kernelCalls({
      ...libc,
      ioctl(_fd, request, argument) {
        requests.push(request);
        argument.set([0, 2, 0, 0, 3, 0, 0, 0]);
        return 0;
      },
    });
    expect([blockDeviceSize(9), requests]).toEqual([3 * 2 ** 32 + 512, [0x8008_1272]]);
  });

  test('the arguments of pipes: one mapping of zeros, at most 1 MiB at once', () => {
    const { log, calls } = recorded({ mmap: 0x7f00_0000_1000, vmsplice: 77, splice: 5, fcntl: 65_536 });
    expect(calls.setPipeSize(9, 1 << 20)).toBe(65_536);
    expect(calls.splice(8, 2 ** 33, 9, 100)).toBe(5);
    expect(calls.spliceZeros(9, 5)).toBe(77);
    expect(calls.spliceZeros(9, 2 ** 40)).toBe(77);
    expect(log).toEqual([
      'fcntl 9 1031 1048576',
      'splice 8 [0000000002000000] 9 100 0',
      'mmap 1048576 1 34',
      'vmsplice 9 [00100000007f0000 0500000000000000] 1 0',
      'vmsplice 9 [00100000007f0000 0000100000000000] 1 0',
    ]);
  });

  test('memory with its length for huge pages', () => {
    const { log, calls } = recorded();
    calls.preferHugePages(new Uint8Array(4));
    expect(log).toEqual(['madvise [00000000] 4 14']);
  });

  test('names that end with a zero byte', () => {
    const { log, calls } = recorded();
    calls.setAttribute(9, 'a', Uint8Array.of(7, 8));
    calls.getAttribute(9, 'a');
    expect(log).toEqual(['fsetxattr 9 [6100] [0708] 2 0', 'fgetxattr 9 [6100] [] 0', 'fgetxattr 9 [6100] [00] 1']);
  });
});

describe('results of libc', () => {
  test('a negative result is thrown with the name of its error', () => {
    const { calls } = recorded({ lseek: -9, fadvise: 29, madvise: -22, mmap: -12, vmsplice: -32 });
    const error = (code: string, errno: number, syscall: string) => expect.objectContaining({ code, errno, syscall });
    expect(() => calls.seekHole(9, 0)).toThrow(error('EBADF', -9, 'lseek'));
    expect(() => calls.willNeed(9, 0, 1)).toThrow(error('ESPIPE', -29, 'posix_fadvise'));
    expect(() => calls.preferHugePages(new Uint8Array(1))).toThrow(error('EINVAL', -22, 'madvise'));
    expect(() => calls.spliceZeros(9, 1)).toThrow(error('ENOMEM', -12, 'mmap'));
    expect(() => calls.seekHole(9, 0)).toThrow('lseek: EBADF');
  });

  test('ENXIO of a seek means that nothing follows', () => {
    const { calls } = recorded({ lseek: -6 });
    expect([calls.seekData(9, 0), calls.seekHole(9, 0)]).toEqual([undefined, undefined]);
  });

  test('an attribute has the length of the second answer, which may be shorter than the first', () => {
    const { libc } = recorded();
    const answers = [5, 3];
    const { getAttribute, listAttributes } = kernelCalls({
      ...libc,
      fgetxattr: (_fd, _name, into) => {
        into.fill(1);
        return answers.shift() ?? 0;
      },
      flistxattr: (_fd, into) => {
        into.set(new TextEncoder().encode('a\0bc\0').subarray(0, into.length));
        return 5;
      },
    });
    expect(getAttribute(9, 'x')).toEqual(Uint8Array.of(1, 1, 1));
    expect(listAttributes(9)).toEqual(['a', 'bc']);
  });

  test('numbers that are not byte counts are refused before libc is called', () => {
    const { log, calls } = recorded();
    expect(() => calls.allocate(9, 0, -1)).toThrow(RangeError);
    expect(() => calls.discard(9, 0, 1.5)).toThrow(RangeError);
    expect(() => calls.setPipeSize(9, 2 ** 53)).toThrow(RangeError);
    expect(() => calls.splice(8, Number.NaN, 9, 1)).toThrow(RangeError);
    expect(() => calls.dropCache(9, -1, 0)).toThrow(RangeError);
    calls.allocate(9, Number.MAX_SAFE_INTEGER, 0);
    expect(log).toEqual([`fallocate 9 1 ${Number.MAX_SAFE_INTEGER} 0`]);
  });
});
