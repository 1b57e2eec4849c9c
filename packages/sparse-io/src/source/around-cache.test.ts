import { writeFileSync } from 'node:fs';
import { memorySource, tempFolder } from '../testing.ts';
import { aroundCache } from './around-cache.ts';
import { FileSource } from './file-source.ts';

// Its behaviour on a device with bad sectors is tested in e2e/rescue/read-errors.test.ts and bad-disk.test.ts.
test('only a block device is read around the page cache', () => {
  using folder = tempFolder();
  writeFileSync(folder.file('a'), 'bytes');
  using file = FileSource.open(folder.file('a'));
  expect(aroundCache(file)).toBeUndefined();
  expect(aroundCache(memorySource(new Uint8Array(1)))).toBeUndefined();
});
