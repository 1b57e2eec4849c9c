import { writeFileSync } from 'node:fs';
import { memorySource, tempFolder } from '../testing.ts';
import { aroundCache } from './around-cache.ts';
import { FileSource } from './file-source.ts';

// What it does for a device with bad sectors needs one: e2e/read-errors.test.ts.
test('what is no block device needs no way around the page cache', () => {
  using folder = tempFolder();
  writeFileSync(folder.file('a'), 'bytes');
  using file = FileSource.open(folder.file('a'));
  expect(aroundCache(file)).toBeUndefined();
  expect(aroundCache(memorySource(new Uint8Array(1)))).toBeUndefined();
});
