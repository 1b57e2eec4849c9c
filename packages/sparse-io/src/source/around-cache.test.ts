import { writeFileSync } from 'node:fs';
import type { Source } from '../base/source.ts';
import { sameBytes } from '../testing/same-bytes.ts';
import { injectedError, memorySource, tempFolder } from '../testing.ts';
import { aroundCache, type CachedDisks } from './around-cache.ts';
import { FileSource } from './file-source.ts';

// Its behaviour on a device with bad sectors is tested in e2e/rescue/read-errors.test.ts and bad-disk.test.ts.

test('only a block device is read around the page cache', () => {
  using folder = tempFolder();
  writeFileSync(folder.file('a'), 'bytes');
  using file = FileSource.open(folder.file('a'));
  expect(aroundCache(file)).toBeUndefined();
  expect(aroundCache(memorySource(new Uint8Array(1)))).toBeUndefined();
});

const KIB = 1024;
const SIZE = 1024 * KIB;
const BASE = 4096;
/** The bytes of the device, of which the source is those from `BASE` on. */
const DEVICE = Uint8Array.from({ length: BASE + SIZE }, (_, at) => (at * 7 + (at >> 10)) & 0xff);

/** A disk whose reads through the page cache fail. */
function disk({ code = 'EIO', direct = memorySource(DEVICE), exists = () => true as boolean } = {}) {
  const log: string[] = [];
  const source: Source = {
    size: SIZE,
    file: { fd: 9, base: BASE },
    extentAt: (offset) => ({ kind: 'data', offset, length: 5 }),
    readAt(into) {
      log.push(`read ${into.length}`);
      throw injectedError(code, 'read');
    },
  };
  const disks: CachedDisks = {
    folderOf: (fd) => `/sys/${fd}`,
    exists,
    openDirect(fd, size) {
      log.push(`open ${fd} ${size}`);
      return { ...direct, [Symbol.dispose]: () => log.push('close') };
    },
  };
  return { source, log, disks };
}

function read(source: Source | undefined, offset: number, length: number): Uint8Array {
  const into = new Uint8Array(length);
  source?.readAt(into, offset);
  return into;
}

describe('aroundCache', () => {
  test('repeats a failed read of at most 64 KiB directly, and opens the device once for all of them', () => {
    const { source, disks, log } = disk();
    {
      using around = aroundCache(source, disks);
      expect(read(around, 1000, 3000)).toEqual(DEVICE.subarray(BASE + 1000, BASE + 4000));
      expect(sameBytes(read(around, SIZE - 64 * KIB, 64 * KIB), DEVICE.subarray(BASE + SIZE - 64 * KIB))).toBe(true);
    }
    expect(log).toEqual(['read 3000', `open 9 ${BASE + SIZE}`, 'read 65536', 'close']);
  });

  test('has the size, the file and the extents of the source', () => {
    const { source, disks } = disk();
    const around = aroundCache(source, disks);
    expect([around?.size, around?.file, around?.extentAt?.(7)]).toEqual([
      SIZE,
      source.file,
      { kind: 'data', offset: 7, length: 5 },
    ]);
    const { extentAt, ...plain } = source;
    expect('extentAt' in (aroundCache(plain, disks) ?? {})).toBe(false);
  });

  test.each([
    ['a longer read', 'EIO', 0, 64 * KIB + 1],
    ['a read past the end', 'EIO', SIZE - 10, 11],
    ['a read that failed for another reason', 'EBADF', 0, 512],
  ])('does not repeat %s', (_, code, offset, length) => {
    const { source, disks, log } = disk({ code });
    expect(() => read(aroundCache(source, disks), offset, length)).toThrow(expect.objectContaining({ code }));
    expect(log).toEqual([`read ${length}`]);
  });

  test('opens nothing while reads work', () => {
    const { source, disks, log } = disk();
    {
      using around = aroundCache({ ...source, readAt: (into) => void into.fill(7) }, disks);
      expect([...read(around, 0, 3)]).toEqual([7, 7, 7]);
    }
    expect(log).toEqual([]);
  });

  test('throws the first error where the direct read fails, too, and a bug as it is', () => {
    const failing = (error: Error): Source => ({
      size: SIZE,
      readAt: () => {
        throw error;
      },
    });
    const refused = disk({ direct: failing(injectedError('EINVAL', 'read')) });
    expect(() => read(aroundCache(refused.source, refused.disks), 0, 512)).toThrow(
      expect.objectContaining({ code: 'EIO' }),
    );
    const broken = disk({ direct: failing(new TypeError('bug')) });
    expect(() => read(aroundCache(broken.source, broken.disks), 0, 512)).toThrow('bug');
  });

  test('reports a device that left sysfs as ENODEV', () => {
    const asked: string[] = [];
    const answers = [true, false];
    const { source, disks, log } = disk({
      exists: (path?: string) => {
        asked.push(path ?? '');
        return answers.shift() ?? true;
      },
    });
    const error = { code: 'ENODEV', syscall: 'read', offset: 44, cause: injectedError('EIO', 'read') };
    expect(() => read(aroundCache(source, disks), 44, 512)).toThrow(expect.objectContaining(error));
    expect([asked, log]).toEqual([['/sys/9', '/sys/9'], ['read 512']]);
  });

  test('without sysfs a missing device cannot be recognized, and a read that fails otherwise is not about that', () => {
    const unknown = disk({ exists: () => false });
    expect(read(aroundCache(unknown.source, unknown.disks), 0, 512)).toEqual(DEVICE.subarray(BASE, BASE + 512));
    const answers = [true, false];
    const other = disk({ code: 'EBADF', exists: () => answers.shift() ?? false });
    expect(() => read(aroundCache(other.source, other.disks), 0, 512)).toThrow(
      expect.objectContaining({ code: 'EBADF' }),
    );
  });
});
