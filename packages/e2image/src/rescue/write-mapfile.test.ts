import { existsSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseMapfile } from '@e2image/sparse-io';
import { tempFolder } from '@e2image/sparse-io/testing';
import { MAPFILE_START, MapfileWriter } from './write-mapfile.ts';

const PART = { blockSize: 1024, from: 0, to: 10 };
const runs = (start: number, count: number) => [{ start, count }];

describe('MapfileWriter', () => {
  test('writes parts one after the other, and its first line names this program', () => {
    using folder = tempFolder();
    const path = join(folder.path, 'map');
    const writer = new MapfileWriter(path, { isWhole: false });
    writer.add({ read: runs(0, 4), unread: runs(2, 1) }, { ...PART, to: 4 });
    writer.add({ read: runs(4, 2), unread: [] }, { ...PART, from: 4 });
    writer.finish();
    const text = readFileSync(path, 'latin1');
    expect(text.startsWith(MAPFILE_START)).toBe(true);
    expect(parseMapfile(text)).toEqual({
      currentOffset: 0,
      currentStatus: '-',
      currentPass: 1,
      ranges: [
        { offset: 0, length: 2048, status: '+' },
        { offset: 2048, length: 1024, status: '-' },
        { offset: 3072, length: 1024, status: '+' },
        { offset: 4096, length: 2048, status: '+' },
        { offset: 6144, length: 4096, status: '?' },
      ],
    });
  });

  test('of a run without failures says that it is finished', () => {
    using folder = tempFolder();
    const path = join(folder.path, 'map');
    const writer = new MapfileWriter(path, { isWhole: true });
    writer.add({ read: runs(0, 10), unread: [] }, PART);
    writer.finish();
    expect(parseMapfile(readFileSync(path, 'latin1')).currentStatus).toBe('+');
  });

  test('keeps the old file until the new one is complete', () => {
    using folder = tempFolder();
    const path = join(folder.path, 'map');
    writeFileSync(path, 'old');
    const writer = new MapfileWriter(path, { isWhole: true });
    writer.add({ read: runs(0, 10), unread: [] }, PART);
    expect(readFileSync(path, 'latin1')).toBe('old');
    writer.finish();
    expect(readFileSync(path, 'latin1')).not.toBe('old');
  });

  test('is private, and does not follow a link that waits under the name of the new file', () => {
    using folder = tempFolder();
    const path = join(folder.path, 'map');
    symlinkSync(join(folder.path, 'victim'), `${path}.new`);
    const writer = new MapfileWriter(path, { isWhole: true });
    writer.finish();
    expect(existsSync(join(folder.path, 'victim'))).toBe(false);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  test('leaves nothing when a step fails, and names the file', () => {
    using folder = tempFolder();
    const path = join(folder.path, 'map');
    const writer = new MapfileWriter(path, { isWhole: true });
    const failing = {
      [Symbol.iterator]: () => {
        throw Object.assign(new Error('EIO'), { code: 'EIO', errno: -5, syscall: 'read' });
      },
    };
    expect(() => writer.add({ read: failing, unread: [] }, PART)).toThrow(/while writing .*map$/);
    expect(existsSync(`${path}.new`)).toBe(false);
    expect(() => new MapfileWriter(join(folder.path, 'no', 'map'), { isWhole: true })).toThrow(/while writing/);
  });
});
