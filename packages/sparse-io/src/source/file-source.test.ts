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
