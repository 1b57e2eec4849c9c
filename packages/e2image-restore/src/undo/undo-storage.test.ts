import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tempFolder } from '@e2image/sparse-io/testing';
import { fileStorage } from './undo-storage.ts';

test('a new file has its name only after finish, and is changed in place after that', async () => {
  using folder = tempFolder();
  const path = join(folder.path, 'undo');
  const storage = fileStorage(path);
  const sink = await storage.create();
  sink.writeAt(new Uint8Array([1, 2, 3]), 0);
  expect(storage.exists()).toBe(false);
  await sink.finish(3);
  expect(storage.exists()).toBe(true);
  using file = storage.open();
  file.write(new Uint8Array([9]), 1);
  await file.sync();
  const read = new Uint8Array(3);
  file.source.readAt(read, 0);
  expect([...read]).toEqual([1, 9, 3]);
  expect([...readFileSync(path)]).toEqual([1, 9, 3]);
});

test('an aborted file leaves nothing, and a missing one cannot be opened', async () => {
  using folder = tempFolder();
  const storage = fileStorage(join(folder.path, 'undo'));
  (await storage.create()).abort();
  expect(storage.exists()).toBe(false);
  expect(() => storage.open()).toThrow(expect.objectContaining({ code: 'ENOENT' }));
  writeFileSync(join(folder.path, 'undo'), 'x');
  expect(storage.exists()).toBe(true);
});
