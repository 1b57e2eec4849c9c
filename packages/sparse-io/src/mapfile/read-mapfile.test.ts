import { truncateSync, writeFileSync } from 'node:fs';
import { tempFolder } from '../testing.ts';
import { readMapfile } from './read-mapfile.ts';

test('reads a mapfile, and refuses anything that cannot be one', () => {
  using folder = tempFolder();
  writeFileSync(folder.file('map'), '0 + 1\n0 8 +\n');
  expect(readMapfile(folder.file('map')).ranges).toEqual([{ offset: 0, length: 8, status: '+' }]);
  // A disk image instead of its mapfile, and a file without an end.
  truncateSync(folder.file('map'), 3 * 2 ** 30);
  for (const path of [folder.file('map'), '/dev/zero', folder.path]) {
    expect(() => readMapfile(path)).toThrow(expect.objectContaining({ code: 'SPARSE_BAD_MAPFILE' }));
  }
  expect(() => readMapfile(folder.file('none'))).toThrow(expect.objectContaining({ code: 'ENOENT' }));
});

test('a file of 256 MiB is read, and one byte more is refused before it is read', () => {
  using folder = tempFolder();
  const path = folder.file('map');
  writeFileSync(path, '');
  const read: string[] = [];
  const readText = (file: string): string => {
    read.push(file);
    return '0 + 1\n0 8 +\n';
  };
  truncateSync(path, 2 ** 28);
  expect(readMapfile(path, readText).ranges).toHaveLength(1);
  expect(read).toEqual([path]);
  truncateSync(path, 2 ** 28 + 1);
  expect(() => readMapfile(path, readText)).toThrow(expect.objectContaining({ code: 'SPARSE_BAD_MAPFILE' }));
  expect(read).toEqual([path]);
});
