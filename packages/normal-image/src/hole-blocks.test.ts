import { openFilesystem } from '@e2image/ext-core';
import { TinyFilesystem } from '@e2image/ext-core/testing';
import { holeBlocks } from './hole-blocks.ts';

/** A file system whose source has a hole of `length` bytes at byte `hole`. */
function withHole(hole: number, length: number) {
  const tiny = new TinyFilesystem();
  const extentAt = (offset: number) =>
    offset >= hole && offset < hole + length
      ? { kind: 'hole' as const, offset, length: hole + length - offset }
      : { kind: 'data' as const, offset, length: 1 };
  return openFilesystem({ size: tiny.size, readAt: tiny.readAt.bind(tiny), extentAt });
}

describe('holeBlocks', () => {
  test('counts whole blocks only', () => {
    expect(holeBlocks(withHole(20 * 1024, 3 * 1024 + 1000), 20)).toBe(3);
    expect(holeBlocks(withHole(20 * 1024, 1023), 20)).toBe(0);
  });

  test('is 0 where data begins, and beyond the end of the source', () => {
    const fs = withHole(20 * 1024, 1024);
    expect(holeBlocks(fs, 21)).toBe(0);
    expect(holeBlocks(fs, 100_000)).toBe(0);
  });

  test('is 0 for a source that knows no holes', () => {
    expect(holeBlocks(openFilesystem(new TinyFilesystem()), 20)).toBe(0);
  });
});
