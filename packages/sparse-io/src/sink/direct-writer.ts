import { codeOf } from '../base/errors.ts';
import { type DirectFile, openDirectFile } from '../disk/direct-file.ts';
import { isAligned, PAGE, pageMemory } from '../disk/page-memory.ts';

/** Bytes from which a direct write costs less than one through the page cache: each direct write is a disk command. */
const LEAST = 1 << 17;
/** Bytes of the buffer. Measured: 256 KiB cost a fifth more CPU time, 2 MiB save nothing. */
const BUFFER = 1 << 20;

/**
 * Writes large aligned pieces of an open file or block device around the page cache (O_DIRECT).
 *
 * Through the cache each byte is copied and each page allocated, and both are processed again at writeback: 256 MiB cost
 * 80 ms of CPU time, direct writes 15 ms, and the pages of other files stay cached. A direct write is as durable as any
 * other: not before fsync of the file. Where the file system or the memory does not allow direct writes, every piece is
 * refused, and the caller writes it through the cache.
 */
export class DirectWriter {
  readonly #fd: number;
  readonly #openDirect: typeof openDirectFile;
  #direct: DirectFile | undefined;
  /** True after the file could not be opened for direct writes. */
  #isRefused = false;

  /**
   * @param fd the caller keeps it, and may also write through it
   * @param openDirect for tests
   */
  constructor(fd: number, openDirect = openDirectFile) {
    this.#fd = fd;
    this.#openDirect = openDirect;
  }

  /** Memory to write from; undefined where direct writes are not possible. */
  buffer(): Uint8Array | undefined {
    return this.#open() === undefined ? undefined : pageMemory(BUFFER);
  }

  /**
   * Write at byte `offset` the part of `bytes`, from the start, that can be written directly.
   *
   * @returns bytes written, also 0; the caller must write the rest
   * @throws system errors with the `offset` at which they happened: the disk failed
   */
  write(bytes: Uint8Array, offset: number): number {
    const whole = bytes.subarray(0, bytes.length - (bytes.length % PAGE));
    if (whole.length < LEAST || offset % PAGE !== 0 || !isAligned(whole, PAGE)) return 0;
    return this.#open()?.writeAt(whole, offset) ? whole.length : 0;
  }

  /**
   * Write whole sectors, of any number and from any memory: the page cache cannot take them where another sector of the
   * same page cannot be read.
   *
   * @returns false where this is not possible, or failed, too
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

  /** Close the second descriptor; the next large piece opens a new one. */
  close(): void {
    this.#direct?.[Symbol.dispose]();
    this.#direct = undefined;
  }

  #open(): DirectFile | undefined {
    if (this.#direct === undefined && !this.#isRefused) {
      this.#direct = this.#openDirect(this.#fd);
      this.#isRefused = this.#direct === undefined;
    }
    return this.#direct;
  }
}
