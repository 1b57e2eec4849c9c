import { close, closeSync, fstatSync, fsync, ftruncateSync } from 'node:fs';
import { promisify } from 'node:util';
import { codeOf } from '../base/errors.ts';
import type { Sink } from '../base/sink.ts';
import type { KernelCalls } from '../kernel/kernel-calls.ts';
import { DirectWriter } from './direct-writer.ts';
import { writeFully } from './write-fully.ts';
import { type Zeroer, type ZeroMethod, zeroer } from './zeroer.ts';

const fsyncAsync = promisify(fsync);
const closeAsync = promisify(close);

/** How a FileSink writes. */
export interface FileSinkOptions {
  /** How `zero` works. `hole` is right only for an empty file. */
  readonly zero: ZeroMethod;
  /** Never shorten the file: bytes past the end of the image (the rest of a disk) stay. Default: the size is exact. */
  readonly keepTail?: boolean;
  readonly kernel?: KernelCalls | undefined;
  /** Close the descriptor at the end. Default true. */
  readonly isOwned?: boolean;
}

/**
 * An open file or block device, written in place at byte offsets.
 *
 * Large aligned pieces are written around the page cache where that is possible: see `DirectWriter`, and `buffer`.
 *
 * `finish` fixes the size (files only), fsyncs in the thread pool so that signal handlers run meanwhile, and closes; it
 * throws the errors of fsync and close. `abort` closes; what was written stays.
 */
export class FileSink implements Sink, Disposable {
  readonly isSequential = false;
  readonly fd: number;
  readonly #zeroer: Zeroer;
  readonly #keepTail: boolean;
  readonly #isFile: boolean;
  readonly #direct: DirectWriter | undefined;
  readonly #isOwned: boolean;
  #open = true;

  constructor(fd: number, { zero, keepTail = false, kernel, isOwned = true }: FileSinkOptions) {
    const stat = fstatSync(fd);
    this.fd = fd;
    this.#isOwned = isOwned;
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
      // A bad sector: a write may repair it, if the kernel need not read the rest of its page first.
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

  /** Fix the size and make all durable: the first half of `finish`, for a caller that renames the file next. */
  async sync(size: number): Promise<void> {
    this.#direct?.close();
    if (this.#isFile) {
      const now = fstatSync(this.fd).size;
      if (now < size || (now > size && !this.#keepTail)) ftruncateSync(this.fd, size);
    }
    await fsyncAsync(this.fd).catch(unlessUnsyncable);
  }

  /** The second half of `finish`. A second call does nothing. */
  async close(): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    if (this.#isOwned) await closeAsync(this.fd);
  }

  abort(): void {
    if (!this.#open) return;
    this.#open = false;
    for (const close of [() => this.#direct?.close(), () => this.#isOwned && closeSync(this.fd)]) {
      try {
        close();
      } catch {
        // The output is discarded, so lost writes that close reports do not matter.
      }
    }
  }

  [Symbol.dispose](): void {
    this.abort();
  }
}

/** /dev/null and similar devices answer fsync with EINVAL; nothing is lost there. */
function unlessUnsyncable(error: unknown): void {
  if (codeOf(error) !== 'EINVAL') throw error;
}
