import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { Qcow2Error } from '../base/errors.ts';
import type { Source } from './source.ts';

/**
 * A regular file as a source, for callers without a `Source` of their own. Close it by `using`, or by its dispose method.
 *
 * It does not report holes. A QCOW2 image does not need them; the holes of a raw backing file are read as zeros.
 */
export class ImageFile implements Source, Disposable {
  readonly size: number;
  readonly path: string;
  readonly #fd: number;
  #isOpen = true;

  private constructor(fd: number, path: string) {
    const stat = fstatSync(fd);
    if (!stat.isFile()) throw new TypeError(`${JSON.stringify(path)} is not a regular file`);
    this.#fd = fd;
    this.path = path;
    this.size = stat.size;
  }

  /** Open for reading. @throws system errors; TypeError for a file that is not regular */
  static open(this: void, path: string): ImageFile {
    // O_NONBLOCK: a FIFO is refused below, not waited for.
    const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      return new ImageFile(fd, path);
    } catch (error) {
      closeSync(fd);
      throw error;
    }
  }

  /** @throws Qcow2Error QCOW2_TRUNCATED when the file has become shorter; system errors */
  readAt(into: Uint8Array, offset: number): void {
    for (let done = 0; done < into.length; ) {
      const read = readSync(this.#fd, into, done, into.length - done, offset + done);
      if (read === 0) {
        const message = `${JSON.stringify(this.path)} ends at byte ${offset + done}, it had ${this.size} bytes`;
        throw new Qcow2Error('QCOW2_TRUNCATED', message, { detail: { hostOffset: offset + done } });
      }
      done += read;
    }
  }

  [Symbol.dispose](): void {
    if (this.#isOpen) closeSync(this.#fd);
    this.#isOpen = false;
  }
}
