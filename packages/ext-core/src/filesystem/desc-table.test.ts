import { DescTable } from './desc-table.ts';

const KIB = 1024;
const WINDOW = 64 * KIB;

/** Descriptors of 32 bytes whose block bitmap is their group plus one; every read is recorded. */
function table(size: number, descSize = 32) {
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  for (let group = 0; group < size / descSize; group++) view.setUint32(group * descSize, group + 1, true);
  const reads: string[] = [];
  const source = {
    size,
    readAt(into: Uint8Array, offset: number) {
      reads.push(`${offset / KIB}+${into.length / KIB}`);
      into.set(bytes.subarray(offset, offset + into.length));
    },
  };
  return { reads, descs: new DescTable(source, descSize) };
}

describe('DescTable', () => {
  test('reads windows of 64 KiB, the last one as long as the table, and each once', () => {
    const { descs, reads } = table(WINDOW + 3 * KIB);
    const groups = [0, 2047, 2048, 2048 + 95, 1, 2049];
    expect(groups.map((group) => descs.get(group).blockBitmap)).toEqual(groups.map((group) => group + 1));
    expect(reads).toEqual(['0+64', '64+3']);
    expect([descs.size, descs.descSize]).toEqual([WINDOW + 3 * KIB, 32]);
  });

  test('has windows of fewer descriptors where these are longer', () => {
    const { descs, reads } = table(2 * WINDOW, 64);
    expect([descs.window(1023).first, descs.window(1024).first, descs.get(1024).blockBitmap]).toEqual([0, 1024, 1025]);
    expect(reads).toEqual(['0+64', '64+64']);
  });

  test('refuses a group after the end of the table', () => {
    const { descs, reads } = table(KIB);
    expect(descs.get(31).blockBitmap).toBe(32);
    for (const group of [32, 5000]) {
      expect(() => descs.get(group)).toThrow(expect.objectContaining({ code: 'EXT_TRUNCATED' }));
    }
    // A window that starts in the table is read again to find no descriptor there; one after its end is never read.
    expect(new Set(reads)).toEqual(new Set(['0+1']));
  });

  test('holds 32 windows, and drops the one that was used longest ago', () => {
    const { descs, reads } = table(34 * WINDOW);
    const use = (window: number): void => {
      expect(descs.get(window * 2048 + 5).blockBitmap).toBe(window * 2048 + 6);
    };
    for (let window = 0; window < 32; window++) use(window);
    use(0);
    expect(reads).toHaveLength(32);
    use(32);
    use(0);
    use(2);
    expect(reads.slice(32)).toEqual([`${32 * 64}+64`]);
    use(1);
    expect(reads.slice(33)).toEqual(['64+64']);
  });

  test('drops a window of another length without using its memory', () => {
    const { descs } = table(33 * WINDOW + KIB);
    const use = (window: number): number => descs.get(window * 2048).blockBitmap;
    expect(use(33)).toBe(33 * 2048 + 1);
    for (let window = 0; window < 33; window++) expect(use(window)).toBe(window * 2048 + 1);
    expect(use(33)).toBe(33 * 2048 + 1);
    expect(descs.window(33 * 2048).view.byteLength).toBe(KIB);
  });

  test('reads every window once when all are asked for', () => {
    const { descs, reads } = table(3 * WINDOW - KIB);
    descs.readAll();
    expect(reads).toEqual(['0+64', '64+64', '128+63']);
  });
});
