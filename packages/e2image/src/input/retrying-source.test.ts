import { faultySource, memorySource } from '@e2image/sparse-io/testing';
import { avoidingSource, retryingSource } from './retrying-source.ts';

const BYTES = Uint8Array.from({ length: 4096 }, (_, i) => i % 251);

/** A source that fails its first `failures` reads with this code. */
function flaky(failures: number, code = 'EIO') {
  let reads = 0;
  const source = {
    size: BYTES.length,
    readAt(into: Uint8Array, offset: number) {
      reads++;
      if (reads <= failures) throw Object.assign(new Error(code), { code });
      memorySource(BYTES).readAt(into, offset);
    },
  };
  return { source, reads: () => reads };
}

describe('retryingSource', () => {
  test.each([
    [0, 3, 1],
    [2, 3, 3],
    [3, 3, 4],
  ])('after %d failures, with %d retries, reads in %d tries', (failures, times, tries) => {
    const { source, reads } = flaky(failures);
    const into = new Uint8Array(16);
    retryingSource(source, times).readAt(into, 8);
    expect([...into]).toEqual([...BYTES.subarray(8, 24)]);
    expect(reads()).toBe(tries);
  });

  test('gives up after the last retry, with the error of the disk', () => {
    const { source, reads } = flaky(9);
    expect(() => retryingSource(source, 3).readAt(new Uint8Array(1), 0)).toThrow('EIO');
    expect(reads()).toBe(4);
  });

  test.each(['EBADF', 'SPARSE_SHORT_READ'])('does not repeat %s: a retry cannot help', (code) => {
    const { source, reads } = flaky(9, code);
    expect(() => retryingSource(source, 3).readAt(new Uint8Array(1), 0)).toThrow(code);
    expect(reads()).toBe(1);
  });

  test('keeps size and holes of its source', () => {
    const extentAt = (offset: number) => ({ kind: 'hole' as const, offset, length: 1 });
    const retrying = retryingSource({ ...memorySource(BYTES), extentAt }, 1);
    expect([retrying.size, retrying.extentAt?.(5)]).toEqual([4096, { kind: 'hole', offset: 5, length: 1 }]);
    expect(retryingSource(memorySource(BYTES), 1).extentAt).toBeUndefined();
  });
});

describe('avoidingSource', () => {
  const known = [
    { offset: 0, length: 1024, status: '+' as const },
    { offset: 1024, length: 512, status: '-' as const },
    { offset: 1536, length: 512, status: '?' as const },
    { offset: 2048, length: 512, status: '/' as const },
    { offset: 2560, length: 512, status: '*' as const },
  ];
  const touched: number[] = [];
  const source = {
    size: BYTES.length,
    readAt: (into: Uint8Array, offset: number) => {
      touched.push(offset);
      memorySource(BYTES).readAt(into, offset);
    },
  };
  beforeEach(() => touched.splice(0));

  test.each([
    [1024, 512],
    [1023, 2],
    [1535, 1],
    [2048, 1],
    [3071, 100],
    [0, 4096],
  ])('fails without touching the disk at byte %d for %d bytes', (offset, length) => {
    const read = () => avoidingSource(source, known).readAt(new Uint8Array(length), offset);
    expect(read).toThrow(expect.objectContaining({ code: 'EIO', syscall: 'read' }));
    expect(touched).toEqual([]);
  });

  test.each([
    [0, 1024],
    [1536, 512],
    [3072, 1024],
  ])('reads byte %d for %d bytes: read before, or never tried', (offset, length) => {
    const into = new Uint8Array(length);
    avoidingSource(source, known).readAt(into, offset);
    expect([...into]).toEqual([...BYTES.subarray(offset, offset + length)]);
  });

  test('is the source itself when nothing failed before', () => {
    expect(avoidingSource(source, known.slice(0, 1))).toBe(source);
  });

  test('fails as an unreadable disk does', () => {
    const faulty = faultySource(memorySource(BYTES), { at: [{ offset: 1024, length: 1 }] });
    const code = (read: () => void): unknown => {
      try {
        read();
      } catch (error) {
        return typeof error === 'object' && error !== null && 'code' in error ? error.code : error;
      }
      return undefined;
    };
    expect(code(() => avoidingSource(source, known).readAt(new Uint8Array(8), 1024))).toBe(
      code(() => faulty.readAt(new Uint8Array(8), 1024)),
    );
  });
});
