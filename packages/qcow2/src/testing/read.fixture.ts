import { Buffer } from 'node:buffer';
import type { AsyncSource, Source } from '../io/source.ts';
import type { Qcow2Image } from '../read/reader.ts';

/** The whole disk of an image. */
export const wholeOf = (image: Qcow2Image): Uint8Array => {
  const bytes = new Uint8Array(image.size);
  image.readAt(bytes, 0);
  return bytes;
};

/** As `toEqual`, but fast for large arrays of bytes. */
export const expectBytes = (found: Uint8Array, expected: Uint8Array): void => {
  expect(found.length).toBe(expected.length);
  expect(Buffer.compare(found, expected)).toBe(0);
};

/** A source that answers later. */
export const later = (source: Source): AsyncSource => ({
  size: source.size,
  readAt: async (into, offset) => {
    await Promise.resolve();
    source.readAt(into, offset);
  },
});
