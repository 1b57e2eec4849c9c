import { writeFileSync } from 'node:fs';
import { sameBytes } from '../testing/same-bytes.ts';
import { tempFolder } from '../testing.ts';
import { openDirectSource } from './direct-source.ts';
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
