import { closeSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { tempFolder } from '../testing.ts';
import { flushView } from './flush-view.ts';

// That two views of one disk agree afterwards needs a loop device: e2e/restore/disk-views.test.ts.
describe('flushView', () => {
  test('keeps what was written', async () => {
    using folder = tempFolder();
    writeFileSync(folder.file('a'), 'old');
    const fd = openSync(folder.file('a'), 'r+');
    writeSync(fd, 'new');
    await flushView(fd);
    closeSync(fd);
    expect(readFileSync(folder.file('a'), 'utf8')).toBe('new');
  });

  test('throws an error of fsync', async () => {
    const fd = openSync('/dev/null', 'r');
    await expect(flushView(fd)).rejects.toMatchObject({ code: 'EINVAL', syscall: 'fsync' });
    closeSync(fd);
  });
});
