import fc from 'fast-check';
import { shortRead } from '../base/errors.ts';
import type { Source } from '../base/source.ts';
import { faultySource, injectedError, memorySource } from '../testing.ts';
import { type BadRange, isolateErrors, isUnreadable } from './isolate-errors.ts';

const blockSize = 8;
const BYTES = Uint8Array.from({ length: 64 }, (_, at) => at + 1);

function read(source: Source, offset: number, length: number, around?: Source) {
  const bad: BadRange[] = [];
  const into = new Uint8Array(length).fill(255);
  isolateErrors(source, { blockSize, onBad: (range) => bad.push(range), around }).readAt(into, offset);
  return { into, bad: bad.map((range) => [range.offset, range.length]), errors: bad.map((range) => range.error) };
}

const withFaults = (...offsets: number[]) =>
  faultySource(memorySource(BYTES), { at: offsets.map((offset) => ({ offset, length: 1 })) });

describe('isolateErrors', () => {
  test('loses exactly the blocks that contain a bad byte, as zeros, and reports each once', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(63)), fc.nat(63), fc.integer({ min: 1, max: 40 }), (faults, offset, count) => {
        const length = Math.min(count, 64 - offset);
        const { into, bad } = read(withFaults(...faults), offset, length);
        const touched = faults.filter((fault) => fault >= offset && fault < offset + length);
        const lost = new Set(touched.map((fault) => Math.floor(fault / blockSize)));
        expect(bad).toEqual(
          [...lost]
            .sort((a, b) => a - b)
            .map((block) => {
              const from = Math.max(offset, block * blockSize);
              return [from, Math.min(offset + length, (block + 1) * blockSize) - from];
            }),
        );
        const expected = Array.from(into, (_, at) =>
          lost.has(Math.floor((offset + at) / blockSize)) ? 0 : offset + at + 1,
        );
        expect([...into]).toEqual(expected);
      }),
    );
  });

  test('blocks that another source of the same bytes can read are not lost', () => {
    const { into, bad } = read(withFaults(9, 17), 0, 32, withFaults(17));
    expect(bad).toEqual([[16, 8]]);
    expect(into[9]).toBe(10);
  });

  test('keeps the bytes before the end of the source in its last block', () => {
    const { into, bad } = read({ ...memorySource(BYTES.subarray(0, 12)), size: 32 }, 0, 24);
    expect([...into.subarray(8, 16)]).toEqual([9, 10, 11, 12, 0, 0, 0, 0]);
    expect(bad).toEqual([
      [8, 8],
      [16, 8],
    ]);
  });

  test('reports the error with the range', () => {
    expect(read(withFaults(0), 0, 8).errors).toEqual([expect.objectContaining({ code: 'EIO' })]);
  });

  test('an error that concerns the whole source is thrown', () => {
    const source = {
      size: 64,
      readAt: () => {
        throw injectedError('EBADF', 'read');
      },
    };
    expect(() => read(source, 0, 16)).toThrow(expect.objectContaining({ code: 'EBADF' }));
  });

  test('has the size, the extents and the file of the source', () => {
    const file = { fd: 5, base: 6 };
    const extentAt = (offset: number) => ({ kind: 'hole', offset, length: 2 }) as const;
    const options = { blockSize, onBad: () => undefined };
    const source = isolateErrors({ ...memorySource(BYTES), file, extentAt }, options);
    expect([source.size, source.file, source.extentAt?.(3)]).toEqual([
      64,
      file,
      { kind: 'hole', offset: 3, length: 2 },
    ]);
    const plain = isolateErrors(memorySource(BYTES), options);
    expect(['file' in plain, 'extentAt' in plain]).toEqual([false, false]);
  });

  test('an error that concerns the whole source is not followed by other reads', () => {
    let reads = 0;
    const source: Source = {
      size: 64,
      readAt: () => {
        reads++;
        if (reads === 1) throw injectedError('EBADF', 'read');
      },
    };
    expect(() => read(source, 0, 16)).toThrow(expect.objectContaining({ code: 'EBADF' }));
    expect(reads).toBe(1);
  });

  test('an error of the other source that concerns all of it is thrown', () => {
    const around: Source = {
      size: 64,
      readAt: () => {
        throw injectedError('EACCES', 'read');
      },
    };
    expect(() => read(withFaults(0), 0, 8, around)).toThrow(expect.objectContaining({ code: 'EACCES' }));
  });

  test('a short read before the block, as a wrong source reports it, keeps nothing', () => {
    const source: Source = {
      size: 64,
      readAt: (into) => {
        into.fill(9);
        throw shortRead(0, { offset: 0, length: 64 });
      },
    };
    expect([...read(source, 8, 8).into]).toEqual(new Array(8).fill(0));
  });

  test('a good source is read once, in one piece', () => {
    let reads = 0;
    const source = {
      ...memorySource(BYTES),
      readAt: (into: Uint8Array) => {
        reads++;
        into.fill(3);
      },
    };
    expect(read(source, 0, 64).bad).toEqual([]);
    expect(reads).toBe(1);
  });
});

test.each([
  [injectedError('EIO', 'read'), true],
  ...['EILSEQ', 'EBADMSG', 'ENODATA', 'EREMOTEIO', 'ETIMEDOUT', 'ENXIO', 'EUCLEAN', 'SPARSE_SHORT_READ'].map(
    (code): [Error, boolean] => [injectedError(code, 'read'), true],
  ),
  [Object.assign(injectedError('UNKNOWN', 'read'), { errno: 74 }), true],
  [injectedError('UNKNOWN', 'read'), false],
  [undefined, false],
  // How Node reports EUCLEAN, for which libuv has no name.
  [Object.assign(injectedError('UNKNOWN', 'read'), { errno: -117 }), true],
  [Object.assign(injectedError('UNKNOWN', 'read'), { errno: -122 }), false],
  [injectedError('EBADF', 'read'), false],
  [new Error('a bug'), false],
])('%s concerns only the bytes of one read: %j', (error, expected) => {
  expect(isUnreadable(error)).toBe(expected);
});
