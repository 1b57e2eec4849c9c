import { readdirSync, writeFileSync } from 'node:fs';
import fc from 'fast-check';
import { rangesOverlap } from '../base/byte-range.ts';
import { isAligned } from '../disk/page-memory.ts';
import { sameBytes } from '../testing/same-bytes.ts';
import { injectedError, tempFolder } from '../testing.ts';
import { alignedSource, openDirectSource } from './direct-source.ts';
import { FileSource } from './file-source.ts';

describe('openDirectSource', () => {
  const SIZE = 300_001;
  const BYTES = Uint8Array.from({ length: SIZE }, (_, at) => at % 253);

  test.each([
    [0, 1],
    [4095, 2],
    [100, 200_000],
    [SIZE - 10, 10],
    [299_008, 993],
  ])('reads from byte %d, length %d, of any alignment', (offset, length) => {
    using folder = tempFolder();
    writeFileSync(folder.file('a'), BYTES);
    using source = FileSource.open(folder.file('a'));
    using direct = openDirectSource(source.fd, source.size);
    const into = new Uint8Array(length);
    direct.readAt(into, offset);
    expect(sameBytes(into, BYTES.subarray(offset, offset + length))).toBe(true);
  });

  test('the end of the file is a short read', () => {
    using folder = tempFolder();
    writeFileSync(folder.file('a'), BYTES);
    using source = FileSource.open(folder.file('a'));
    using direct = openDirectSource(source.fd, source.size);
    expect(() => direct.readAt(new Uint8Array(20), SIZE - 10)).toThrow(
      expect.objectContaining({ code: 'SPARSE_SHORT_READ', detail: { offset: SIZE, length: 10 } }),
    );
  });
});

/** A disk of `size` bytes that fails on reads of its bad sectors, and refuses unaligned ones. */
function disk({ size = 100_000, sector = 512, bad = [] as readonly number[], most = Infinity } = {}) {
  const bytes = Uint8Array.from({ length: size }, (_, at) => (at * 5 + (at >> 8)) & 0xff);
  const reads: string[] = [];
  const read = (into: Uint8Array, offset: number): number => {
    reads.push(`${offset} ${into.length}`);
    if (offset % sector !== 0 || into.length % sector !== 0 || !isAligned(into, 512)) {
      throw injectedError('EINVAL', 'read');
    }
    if (bad.some((at) => rangesOverlap({ offset: at, length: 512 }, { offset, length: into.length }))) {
      throw injectedError('EIO', 'read');
    }
    const piece = bytes.subarray(offset, offset + Math.min(into.length, most));
    into.set(piece);
    return piece.length;
  };
  return { bytes, reads, source: alignedSource(read, size) };
}

describe('alignedSource', () => {
  test('reads any bytes of a disk with aligned reads, however short they are', () => {
    const any = fc.record({
      offset: fc.nat(99_000),
      length: fc.integer({ min: 1, max: 70_000 }),
      most: fc.constantFrom(512, 4096, Infinity),
    });
    fc.assert(
      fc.property(any, ({ offset, length, most }) => {
        const { bytes, source } = disk({ most });
        const into = new Uint8Array(Math.min(length, bytes.length - offset));
        source.readAt(into, offset);
        expect(sameBytes(into, bytes.subarray(offset, offset + into.length))).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  test('reads whole pages, and only the sectors themselves where that fails', () => {
    const { bytes, reads, source } = disk({ bad: [4096] });
    const into = new Uint8Array(600);
    source.readAt(into, 5000);
    expect(sameBytes(into, bytes.subarray(5000, 5600))).toBe(true);
    expect(reads).toEqual(['4096 4096', '4608 1024']);
  });

  test('throws the first error where the sectors fail, too, or where there are no smaller ones to read', () => {
    const { reads, source } = disk({ bad: [4096] });
    const failure = expect.objectContaining({ code: 'EIO' });
    expect(() => source.readAt(new Uint8Array(10), 4200)).toThrow(failure);
    expect(() => source.readAt(new Uint8Array(8192), 4096)).toThrow(failure);
    expect(reads).toEqual(['4096 4096', '4096 512', '4096 8192']);
    const large = disk({ bad: [4096], sector: 4096 });
    expect(() => large.source.readAt(new Uint8Array(10), 5000)).toThrow(failure);
  });

  test.each([
    [99_990, 20, 100_000, 10],
    [100_500, 10, 100_500, 10],
  ])('a read from %d of %d bytes is short from byte %d on, by %d', (offset, length, from, missing) => {
    const { bytes, source } = disk();
    const into = new Uint8Array(length);
    expect(() => source.readAt(into, offset)).toThrow(
      expect.objectContaining({ code: 'SPARSE_SHORT_READ', detail: { offset: from, length: missing } }),
    );
    expect(sameBytes(into.subarray(0, length - missing), bytes.subarray(offset, from))).toBe(true);
  });

  test('does not read again after a read that ended inside a sector', () => {
    const { reads, source } = disk({ size: 1000 });
    expect(() => source.readAt(new Uint8Array(2000), 0)).toThrow(
      expect.objectContaining({ detail: { offset: 1000, length: 1000 } }),
    );
    expect(reads).toEqual(['0 4096']);
  });
});

test('openDirectSource closes its own descriptor, and has the given size', () => {
  using folder = tempFolder();
  writeFileSync(folder.file('a'), new Uint8Array(10));
  using source = FileSource.open(folder.file('a'));
  const before = readdirSync('/proc/self/fd').length;
  {
    using direct = openDirectSource(source.fd, 10);
    expect(direct.size).toBe(10);
  }
  expect(readdirSync('/proc/self/fd').length).toBe(before);
});
