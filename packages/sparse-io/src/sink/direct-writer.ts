import { codeOf } from '../base/errors.ts';
import { type DirectFile, openDirectFile } from '../disk/direct-file.ts';
import { isAligned, PAGE, pageMemory } from '../disk/page-memory.ts';

/** Bytes from which on a direct write costs less than one through the page cache: each is a command to the disk. */
const LEAST = 1 << 17;
/** Bytes of the buffer to write from. Measured: 256 KiB cost a fifth more CPU, 2 MiB save none. */
const BUFFER = 1 << 20;

/**
 * Writes large aligned pieces of an open file or block device around the page cache (O_DIRECT).
 *
 * Through the cache each byte is copied, each page allocated, and both are paid again when it is written out: 256 MiB
 * cost 80 ms of CPU, direct ones 15, and the cache keeps what others will need. What was written is as durable as
 * any other write: not before fsync of the file. Where the file system or the memory does not allow it, every piece is
 * refused, and the caller writes in the ordinary way.
 */
export class DirectWriter {
  readonly #fd: number;
  #direct: DirectFile | undefined;
  /** Whether it was found that the file cannot be opened so. */
  #isRefused = false;

  /** @param fd stays the caller's, who may write through it as well */
  constructor(fd: number) {
    this.#fd = fd;
  }

  /** Memory to write from, if it can be of use. */
  buffer(): Uint8Array | undefined {
    return this.#open() === undefined ? undefined : pageMemory(BUFFER);
  }

  /**
   * Write as much of `bytes` from the front at byte `offset` as can be written directly.
   *
   * @returns bytes written; the rest is for the caller, also all of it (0)
   * @throws system errors with the `offset` they happened at: the disk, not the manner, failed
   */
  write(bytes: Uint8Array, offset: number): number {
    const whole = bytes.subarray(0, bytes.length - (bytes.length % PAGE));
    if (whole.length < LEAST || offset % PAGE !== 0 || !isAligned(whole, PAGE)) return 0;
    return this.#open()?.writeAt(whole, offset) ? whole.length : 0;
  }

  /**
   * Write whole sectors, from any memory and however few: where a sector of the same page cannot be read, the page cache
   * cannot take them.
   *
   * @returns false where that cannot be done, or failed, too
   */
  writeSectors(bytes: Uint8Array, offset: number): boolean {
    const aligned = pageMemory(bytes.length).subarray(0, bytes.length);
    aligned.set(bytes);
    try {
      return this.#open()?.writeAt(aligned, offset) ?? false;
    } catch (error) {
      if (codeOf(error) === undefined) throw error;
      return false;
    }
  }

  /** Close the descriptor of its own; the next large piece opens another. */
  close(): void {
    this.#direct?.[Symbol.dispose]();
    this.#direct = undefined;
  }

  #open(): DirectFile | undefined {
    if (this.#direct === undefined && !this.#isRefused) {
      this.#direct = openDirectFile(this.#fd);
      this.#isRefused = this.#direct === undefined;
    }
    return this.#direct;
  }
}
