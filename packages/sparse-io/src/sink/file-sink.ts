import { close, closeSync, fstatSync, fsync, ftruncateSync } from 'node:fs';
import { promisify } from 'node:util';
import { codeOf } from '../base/errors.ts';
import type { Sink } from '../base/types.ts';
import type { KernelCalls } from '../kernel/kernel-calls.ts';
import { DirectWriter } from './direct-writer.ts';
import { writeFully } from './write-fully.ts';
import { type Zeroer, type ZeroMethod, zeroer } from './zero-range.ts';

const fsyncAsync = promisify(fsync);
const closeAsync = promisify(close);

/** What a FileSink writes to. */
export interface FileSinkOptions {
  /** How `zero` works. `hole` is right for an empty file only, where nothing was written. */
  readonly zero: ZeroMethod;
  /** Never shorten: what lies behind the image (the rest of a disk) stays. Default: the size is exact. */
  readonly keepTail?: boolean;
  readonly kernel?: KernelCalls | undefined;
  /** Close the descriptor at the end. Default true. */
  readonly owned?: boolean;
}

/**
 * An open file or block device, written in place at byte offsets.
 *
 * Large aligned pieces go around the page cache where that is possible: see `DirectWriter`, and `buffer`.
 *
 * `finish` fixes the size (files only), fsyncs in the thread pool so that signals are answered meanwhile, and closes;
 * an error of fsync or close is an error. `abort` closes, and what was written stays.
 */
export class FileSink implements Sink, Disposable {
  readonly sequential = false;
  readonly fd: number;
  readonly #zeroer: Zeroer;
  readonly #keepTail: boolean;
  readonly #isFile: boolean;
  readonly #direct: DirectWriter | undefined;
  readonly #owned: boolean;
  #open = true;

  constructor(fd: number, { zero, keepTail = false, kernel, owned = true }: FileSinkOptions) {
    const stat = fstatSync(fd);
    this.fd = fd;
    this.#owned = owned;
    this.#isFile = stat.isFile();
    this.#keepTail = keepTail;
    this.#direct = stat.isFile() || stat.isBlockDevice() ? new DirectWriter(fd) : undefined;
    this.#zeroer = zeroer(zero, { fd, isBlockDevice: stat.isBlockDevice(), kernel });
  }

  writeAt(bytes: Uint8Array, offset: number): void {
    const done = this.#direct?.write(bytes, offset) ?? 0;
    if (done === bytes.length) return;
    const rest = done === 0 ? bytes : bytes.subarray(done);
    try {
      writeFully(this.fd, rest, offset + done);
    } catch (error) {
      // A disk with a bad sector: writing may mend it, if it is not first read for the rest of its page.
      if (this.#isFile || codeOf(error) !== 'EIO' || !this.#direct?.writeSectors(rest, offset + done)) throw error;
    }
  }

  buffer(): Uint8Array | undefined {
    return this.#direct?.buffer();
  }

  zero(offset: number, length: number): void {
    this.#zeroer(offset, length);
  }

  skip(): void {}

  async finish(size: number): Promise<void> {
    await this.sync(size);
    await this.close();
  }

  /** Fix the size and make all durable; the first half of `finish`, for a sink that goes on to rename. */
  async sync(size: number): Promise<void> {
    this.#direct?.close();
    if (this.#isFile) {
      const now = fstatSync(this.fd).size;
      if (now < size || (now > size && !this.#keepTail)) ftruncateSync(this.fd, size);
    }
    await fsyncAsync(this.fd).catch(unlessUnsyncable);
  }

  /** The second half of `finish`. Closing twice is nothing. */
  async close(): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    if (this.#owned) await closeAsync(this.fd);
  }

  abort(): void {
    if (!this.#open) return;
    this.#open = false;
    for (const close of [() => this.#direct?.close(), () => this.#owned && closeSync(this.fd)]) {
      try {
        close();
      } catch {
        // The output is given up: what close reports about lost writes interests nobody any more.
      }
    }
  }

  [Symbol.dispose](): void {
    this.abort();
  }
}

/** /dev/null and the like cannot be made durable and say EINVAL; that is no loss. */
function unlessUnsyncable(error: unknown): void {
  if (codeOf(error) !== 'EINVAL') throw error;
}
