import { loadKernelCalls } from '../kernel/kernel-calls.ts';
import { injectedError } from '../testing.ts';
import { isAligned, pageMemory } from './page-memory.ts';

describe('pageMemory', () => {
  test('is aligned and zero, and parts of it that begin and end at a multiple are aligned, too', () => {
    const bytes = pageMemory(70_000);
    expect(bytes.length).toBeGreaterThanOrEqual(70_000);
    expect(bytes.every((byte) => byte === 0)).toBe(true);
    expect(isAligned(bytes, 4096)).toBe(true);
    expect(isAligned(bytes.subarray(512, 1024), 512)).toBe(true);
    expect(isAligned(bytes.subarray(512, 1024), 4096)).toBe(false);
    expect(isAligned(bytes.subarray(0, 4095), 512)).toBe(false);
    expect(isAligned(new Uint8Array(4096), 512)).toBe(false);
  });

  test('may consist of huge pages', async () => {
    const kernel = await loadKernelCalls();
    expect(kernel).toBeDefined();
    const asked: number[] = [];
    pageMemory(4 << 20, { preferHugePages: (bytes) => void asked.push(bytes.length) });
    expect(asked).toEqual([4 << 20]);
    const bytes = pageMemory(4 << 20, kernel);
    expect(bytes.fill(7)[4_000_000]).toBe(7);
  });

  test('works without huge pages', () => {
    const preferHugePages = (): never => {
      throw injectedError('EINVAL', 'madvise');
    };
    expect(isAligned(pageMemory(1, { preferHugePages }), 4096)).toBe(true);
  });

  test('throws an error without a code, which is a bug', () => {
    const preferHugePages = (): never => {
      throw new TypeError('bug');
    };
    expect(() => pageMemory(1, { preferHugePages })).toThrow('bug');
  });

  test.each([
    [1, 65_536],
    [65_536, 65_536],
    [65_537, 131_072],
  ])('of %d bytes has %d', (length, expected) => {
    expect(pageMemory(length)).toHaveLength(expected);
  });

  test('is ordinary memory where no address space is left', () => {
    const { Memory } = WebAssembly;
    const failing = class {
      constructor() {
        throw new RangeError('out of memory');
      }
    };
    Object.assign(WebAssembly, { Memory: failing });
    try {
      const bytes = pageMemory(5);
      expect([bytes.length, isAligned(bytes, 512)]).toEqual([65_536, false]);
    } finally {
      Object.assign(WebAssembly, { Memory });
    }
  });
});
