import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { superblockLayout } from '@e2image/ext-core/structures';
import { TINY, TinyFilesystem } from '@e2image/ext-core/testing';
import { tempFolder } from '@e2image/sparse-io/testing';

/** An image file with a clean file system at byte 0, in a folder of its own, which disposing deletes. */
export interface TinyDevice extends Disposable {
  readonly path: string;
  /** Bytes of the file system as it was. */
  readonly original: Uint8Array;
  /** Bytes of the image file now. */
  readonly read: () => Uint8Array;
  /** A path beside the image. */
  readonly beside: (name: string) => string;
}

/** Block that nothing owns, in which bytes differ from zero. */
export const FREE_BLOCK = 470;

/** Make one. @param prepare changes it before it is written */
export function tinyDevice(prepare: (tiny: TinyFilesystem) => void = () => undefined): TinyDevice {
  const folder = tempFolder();
  const tiny = new TinyFilesystem();
  superblockLayout.s_state.set(tiny.view, TINY.blockSize, 1);
  tiny.mapped(2, 'directory', { 0: 40 });
  tiny.extents(12, 'regular', 0, [[0, 8, 50]]);
  tiny.bytes.fill(0xaa, 50 * TINY.blockSize, 58 * TINY.blockSize);
  tiny.bytes.fill(0xbb, FREE_BLOCK * TINY.blockSize, (FREE_BLOCK + 1) * TINY.blockSize);
  prepare(tiny);
  const path = join(folder.path, 'image');
  writeFileSync(path, tiny.bytes);
  return {
    path,
    original: tiny.bytes.slice(),
    read: () => Uint8Array.from(readFileSync(path)),
    beside: (name) => join(folder.path, name),
    [Symbol.dispose]: () => folder[Symbol.dispose](),
  };
}
