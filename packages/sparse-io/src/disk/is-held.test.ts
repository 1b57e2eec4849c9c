import { writeFileSync } from 'node:fs';
import { tempFolder } from '../testing.ts';
import { isHeld } from './is-held.ts';

// A device in exclusive use needs a loop device: e2e/restore/disk-views.test.ts.
test('a file, a folder and a path that does not exist are not held', () => {
  using folder = tempFolder();
  writeFileSync(folder.file('a'), 'x');
  expect([folder.file('a'), folder.path, folder.file('missing'), '/dev/null'].map(isHeld)).toEqual([
    false,
    false,
    false,
    false,
  ]);
});
