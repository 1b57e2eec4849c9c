import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openQcow2 } from '../read/reader.ts';
import { buildImage } from '../testing/image.fixture.ts';
import { ImageFile } from './image-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'qcow2-file-'));
const path = join(folder, 'image');
afterAll(() => rmSync(folder, { recursive: true }));

test('an image is read from its file', () => {
  const { bytes, guest } = buildImage({ clusters: [{ kind: 'data', fill: 1 }, undefined] });
  writeFileSync(path, bytes);
  using file = ImageFile.open(path);
  const read = new Uint8Array(guest.length);
  openQcow2(file).readAt(read, 0);
  expect(read).toEqual(guest);
});

test('a file that became shorter is an error, not zeros', () => {
  writeFileSync(path, new Uint8Array(100));
  using file = ImageFile.open(path);
  truncateSync(path, 50);
  expect(() => file.readAt(new Uint8Array(100), 0)).toThrow(expect.objectContaining({ code: 'QCOW2_TRUNCATED' }));
});

test('a file that is not regular is refused, a closed one cannot be read', () => {
  expect(() => ImageFile.open('/dev/null')).toThrow(TypeError);
  const file = ImageFile.open(path);
  file[Symbol.dispose]();
  file[Symbol.dispose]();
  expect(() => file.readAt(new Uint8Array(1), 0)).toThrow(expect.objectContaining({ code: 'EBADF' }));
});
