import { closeSync, constants, openSync, writeSync } from 'node:fs';
import { codeOf, located } from './errors.ts';
import { isPageAligned, PAGE, pageMemory } from './page-memory.ts';

/** Bytes from which on a direct write costs less than one through the page cache: each is a command to the disk. */
const LEAST = 1 << 17;
/** Bytes of the buffer to write from. Measured: 256 KiB cost a fifth more CPU, 2 MiB save none. */
const BUFFER = 1 << 20;

const SECTOR = 512;

/** What says that there are no direct writes here, of such pieces or at all; anything else is about the disk. */
const REFUSALS: ReadonlySet<string> = new Set(['EINVAL', 'EOPNOTSUPP', 'ENOTSUP']);

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
  #direct: number | undefined;
  /** Whether it was found that there are no direct writes here. */
  #isRefused = false;

  /** @param fd stays the caller's; whatever is written through it as well must not share a page with direct pieces */
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
    if (bytes.length < LEAST || offset % PAGE !== 0 || !isPageAligned(bytes)) return 0;
    const direct = this.#open();
    if (direct === undefined) return 0;
    const whole = bytes.length - (bytes.length % PAGE);
    let done = 0;
    // After a short write that ends inside a page the next one cannot be aligned.
    while (done < whole && done % PAGE === 0) {
      try {
        done += writeSync(direct, bytes, done, whole - done, offset + done);
      } catch (error) {
        if (!REFUSALS.has(codeOf(error) ?? '')) throw located(error, offset + done);
        this.close();
        this.#isRefused = true;
        return done;
      }
    }
    return done;
  }

  /**
   * Write whole sectors, from any memory and however few: where a sector of the same page cannot be read, the page cache
   * cannot take them.
   *
   * @returns false where that cannot be done, or failed, too
   */
  writeSectors(bytes: Uint8Array, offset: number): boolean {
    const direct = offset % SECTOR === 0 && bytes.length % SECTOR === 0 ? this.#open() : undefined;
    if (direct === undefined) return false;
    const aligned = pageMemory(bytes.length);
    aligned.set(bytes);
    try {
      for (let done = 0; done < bytes.length; ) {
        done += writeSync(direct, aligned, done, bytes.length - done, offset + done);
      }
      return true;
    } catch {
      return false;
    }
  }

  /** Close the descriptor of its own; the next large piece opens another. */
  close(): void {
    if (this.#direct !== undefined) closeSync(this.#direct);
    this.#direct = undefined;
  }

  #open(): number | undefined {
    if (this.#direct !== undefined || this.#isRefused) return this.#direct;
    try {
      this.#direct = openSync(`/proc/self/fd/${this.#fd}`, constants.O_WRONLY | constants.O_DIRECT);
    } catch {
      // No direct writes here (EINVAL), no /proc, or a descriptor that was handed to us and may not be opened anew.
      this.#isRefused = true;
    }
    return this.#direct;
  }
}
