import { closeSync, mkdirSync, openSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import type { KernelCalls } from '../kernel/kernel-calls.ts';
import { tempFolder } from '../testing.ts';
import { FileSource, openFileSource } from './file-source.ts';

const GIB = 2 ** 30;

describe('FileSource', () => {
  test('reads at any offset, and reports where a file ends within a read', () => {
    using folder = tempFolder();
    writeFileSync(folder.file('a'), 'hello world');
    using source = FileSource.open(folder.file('a'));
    const into = new Uint8Array(5);
    source.readAt(into, 6);
    expect([new TextDecoder().decode(into), source.size]).toEqual(['world', 11]);
    expect(() => source.readAt(into, 8)).toThrow(
      expect.objectContaining({ code: 'SPARSE_SHORT_READ', detail: { offset: 11, length: 2 } }),
    );
  });

  test('a file that shrinks while it is read gives a short read, too', () => {
    using folder = tempFolder();
    writeFileSync(folder.file('a'), 'hello world');
    using source = FileSource.open(folder.file('a'));
    truncateSync(folder.file('a'), 3);
    expect(() => source.readAt(new Uint8Array(5), 0)).toThrow(
      expect.objectContaining({ detail: { offset: 3, length: 2 } }),
    );
  });

  test('refuses a path without a size, and does not wait for a writer', () => {
    using folder = tempFolder();
    mkdirSync(folder.file('d'));
    expect(() => FileSource.open(folder.file('d'))).toThrow(expect.objectContaining({ code: 'EISDIR' }));
    expect(() => FileSource.open('/dev/null')).toThrow(expect.objectContaining({ code: 'SPARSE_NO_SIZE' }));
    expect(() => FileSource.open(folder.file('x'))).toThrow(expect.objectContaining({ code: 'ENOENT' }));
  });

  test('an error of the system carries its offset', () => {
    using folder = tempFolder();
    writeFileSync(folder.file('a'), 'x');
    const source = FileSource.open(folder.file('a'));
    source[Symbol.dispose]();
    expect(() => source.readAt(new Uint8Array(1), 77)).toThrow(expect.objectContaining({ code: 'EBADF', offset: 77 }));
    expect(() => source[Symbol.dispose]()).not.toThrow();
  });
});

describe('read ahead', () => {
  test('is passed to the kernel for the open file; its refusal is ignored, a bug is not', () => {
    using folder = tempFolder();
    writeFileSync(folder.file('a'), 'abc');
    const calls: number[][] = [];
    const failures = [undefined, Object.assign(new Error('ESPIPE'), { code: 'ESPIPE' }), new TypeError('bug')];
    const willNeed = (...range: number[]): void => {
      calls.push(range);
      const failure = failures.shift();
      if (failure !== undefined) throw failure;
    };
    const kernel = { ...fakeKernel({ seekData: () => 0, seekHole: () => 0 }), willNeed };
    using source = FileSource.open(folder.file('a'), { kernel });
    source.file.willNeed?.(1, 2);
    source.file.willNeed?.(3, 4);
    expect(() => source.file.willNeed?.(5, 6)).toThrow('bug');
    expect(calls).toEqual([
      [source.fd, 1, 2],
      [source.fd, 3, 4],
      [source.fd, 5, 6],
    ]);
    expect(source.file).toMatchObject({ fd: source.fd, base: 0 });
  });

  test('does not exist without kernel calls', () => {
    using folder = tempFolder();
    writeFileSync(folder.file('a'), 'abc');
    using source = FileSource.open(folder.file('a'));
    expect('willNeed' in source.file).toBe(false);
  });
});

describe('openFileSource', () => {
  test.each([
    ['a small file of data', false, (path: string) => writeFileSync(path, new Uint8Array(8192).fill(1))],
    ['a sparse file', true, (path: string) => truncateSync(touched(path), 8192)],
    ['a file of 64 MiB', true, (path: string) => writeFileSync(path, new Uint8Array(1 << 26).fill(1))],
  ])('loads the kernel calls for %s: %p', async (_, expected, make) => {
    using folder = tempFolder();
    make(folder.file('a'));
    using source = await openFileSource(folder.file('a'));
    expect('willNeed' in source.file).toBe(expected);
  });
});

/** A new empty file. @returns its path */
function touched(path: string): string {
  writeFileSync(path, '');
  return path;
}

describe('a descriptor that is not owned', () => {
  test('stays open when the source is disposed', () => {
    using folder = tempFolder();
    writeFileSync(folder.file('a'), 'abc');
    const fd = openSync(folder.file('a'), 'r');
    {
      using source = FileSource.over(fd);
      expect([source.size, source.isBlockDevice]).toEqual([3, false]);
    }
    closeSync(fd);
  });

  test('is refused with its kind, and stays open', () => {
    using folder = tempFolder();
    const fd = openSync(folder.path, 'r');
    expect(() => FileSource.over(fd)).toThrow(
      expect.objectContaining({ code: 'EISDIR', syscall: 'read', message: 'EISDIR: is a directory, read' }),
    );
    closeSync(fd);
  });
});

describe('extentAt', () => {
  /** A 14 GiB file with 1 MiB of data at 9 GiB. */
  function sparseFile(path: string): void {
    const fd = openSync(path, 'w');
    writeSync(fd, new Uint8Array(2 ** 20).fill(7), 0, 2 ** 20, 9 * GIB);
    closeSync(fd);
    truncateSync(path, 14 * GIB);
  }

  test('reports holes and data from any byte on, up to the end', async () => {
    using folder = tempFolder();
    sparseFile(folder.file('a'));
    using source = await openFileSource(folder.file('a'));
    expect(source.extentAt(5)).toEqual({ kind: 'hole', offset: 5, length: 9 * GIB - 5 });
    expect(source.extentAt(9 * GIB + 1)).toEqual({ kind: 'data', offset: 9 * GIB + 1, length: 2 ** 20 - 1 });
    expect(source.extentAt(13 * GIB)).toEqual({ kind: 'hole', offset: 13 * GIB, length: GIB });
  });

  test('asks the kernel once per extent', () => {
    using folder = tempFolder();
    sparseFile(folder.file('a'));
    let asked = 0;
    const count = (answer: number) => () => {
      asked++;
      return answer;
    };
    const kernel = fakeKernel({ seekData: count(9 * GIB), seekHole: count(9 * GIB + 2 ** 20) });
    using source = FileSource.open(folder.file('a'), { kernel });
    for (let at = 0; at < 100; at++) source.extentAt(at * 1000);
    expect(asked).toBe(1);
  });

  test('asks again after the end of the extent, and for bytes before it', () => {
    using folder = tempFolder();
    sparseFile(folder.file('a'));
    const asked: string[] = [];
    const kernel = fakeKernel({
      seekData: (_fd, offset) => {
        asked.push(`data ${offset}`);
        return Math.max(offset, 100);
      },
      seekHole: (_fd, offset) => {
        asked.push(`hole ${offset}`);
        return 200;
      },
    });
    using source = FileSource.open(folder.file('a'), { kernel });
    expect(source.extentAt(100)).toEqual({ kind: 'data', offset: 100, length: 100 });
    expect(source.extentAt(199)).toEqual({ kind: 'data', offset: 199, length: 1 });
    expect(source.extentAt(99)).toEqual({ kind: 'hole', offset: 99, length: 1 });
    expect(source.extentAt(100)).toEqual({ kind: 'data', offset: 100, length: 100 });
    // The kernel calls byte 200 the start of a hole, and then data: a file that changes meanwhile. It has one byte.
    expect(source.extentAt(200)).toEqual({ kind: 'data', offset: 200, length: 1 });
    expect(asked).toEqual(['data 100', 'hole 100', 'data 99', 'data 100', 'hole 100', 'data 200', 'hole 200']);
  });

  test('an extent ends with the file, and no extent is asked for past its end', () => {
    using folder = tempFolder();
    sparseFile(folder.file('a'));
    const beyond = () => 99 * GIB;
    const unknown = () => undefined;
    using source = FileSource.open(folder.file('a'), { kernel: fakeKernel({ seekData: beyond, seekHole: unknown }) });
    expect(source.extentAt(14 * GIB)).toEqual({ kind: 'data', offset: 14 * GIB, length: 1 });
    expect(source.extentAt(1)).toEqual({ kind: 'hole', offset: 1, length: 14 * GIB - 1 });
    const same = (_fd: number, offset: number) => offset;
    using data = FileSource.open(folder.file('a'), { kernel: fakeKernel({ seekData: same, seekHole: unknown }) });
    expect(data.extentAt(1)).toEqual({ kind: 'data', offset: 1, length: 14 * GIB - 1 });
  });

  test('an error without a code, which is a bug, is thrown', () => {
    using folder = tempFolder();
    sparseFile(folder.file('a'));
    const broken = () => {
      throw new TypeError('bug');
    };
    using source = FileSource.open(folder.file('a'), { kernel: fakeKernel({ seekData: broken, seekHole: broken }) });
    expect(() => source.extentAt(0)).toThrow('bug');
  });

  test('past the end of a truncated file there is no hole: a read fails there', async () => {
    using folder = tempFolder();
    sparseFile(folder.file('a'));
    using source = await openFileSource(folder.file('a'));
    truncateSync(folder.file('a'), 8 * GIB);
    expect(source.extentAt(9 * GIB)).toEqual({ kind: 'data', offset: 9 * GIB, length: 5 * GIB });
    expect(source.extentAt(0)).toEqual({ kind: 'hole', offset: 0, length: 8 * GIB });
    expect(() => source.readAt(new Uint8Array(1), 9 * GIB)).toThrow(
      expect.objectContaining({ code: 'SPARSE_SHORT_READ' }),
    );
  });

  test('a file that is not sparse, a kernel that refuses the question, no kernel: all is data', () => {
    using folder = tempFolder();
    writeFileSync(folder.file('full'), new Uint8Array(8192).fill(1));
    sparseFile(folder.file('a'));
    const refuse = () => {
      throw Object.assign(new Error('EINVAL'), { code: 'EINVAL' });
    };
    const kernel = fakeKernel({ seekData: refuse, seekHole: refuse });
    using full = FileSource.open(folder.file('full'), { kernel });
    using mute = FileSource.open(folder.file('a'), { kernel });
    using alone = FileSource.open(folder.file('a'));
    expect([full.extentAt(0), mute.extentAt(0), alone.extentAt(0)]).toEqual([
      { kind: 'data', offset: 0, length: 8192 },
      { kind: 'data', offset: 0, length: 14 * GIB },
      { kind: 'data', offset: 0, length: 14 * GIB },
    ]);
  });
});

function fakeKernel(calls: Pick<KernelCalls, 'seekData' | 'seekHole'>): KernelCalls {
  const unexpected = (): never => {
    throw new Error('not expected here');
  };
  return {
    allocate: unexpected,
    punchHole: unexpected,
    blockDeviceSize: unexpected,
    discard: unexpected,
    zeroOut: unexpected,
    flushDevice: unexpected,
    willNeed: unexpected,
    dropCache: unexpected,
    preferHugePages: unexpected,
    setPipeSize: unexpected,
    splice: unexpected,
    spliceZeros: unexpected,
    listAttributes: unexpected,
    getAttribute: unexpected,
    setAttribute: unexpected,
    ...calls,
  };
}
