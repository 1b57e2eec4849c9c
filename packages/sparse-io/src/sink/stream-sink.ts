import { close, closeSync, fstatSync, fsync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { promisify } from 'node:util';
import { codeOf, located, SparseError } from '../base/errors.ts';
import type { Sink } from '../base/sink.ts';
import { ZEROS } from '../base/zero.ts';
import type { KernelCalls } from '../kernel/kernel-calls.ts';
import { untilReady, writeFully, ZERO_UNIT } from './write-fully.ts';

/** Bytes to request for the pipe buffer; the system may grant fewer. */
const PIPE_SIZE = 1 << 20;
/** Bytes of zeros that `finish` sends between two yields to the event loop. */
const FINISH_BATCH = 1 << 26;

const fsyncAsync = promisify(fsync);
const closeAsync = promisify(close);

/** How a StreamSink writes. */
export interface StreamSinkOptions {
  readonly kernel?: KernelCalls | undefined;
  /** Close the descriptor at the end. Default false: it is standard output. */
  readonly isOwned?: boolean;
}

/**
 * A descriptor that is written in ascending order only: a pipe, a FIFO, standard output of any kind.
 *
 * Gaps and skipped ranges are sent as zeros, without seeking, so that a redirect into a file gets the same bytes as a
 * pipe. On pipes zeros are sent by vmsplice from a page that never changes, and `transferFrom` splices pages of the
 * source file: a caller must not offer a file that may still be written to. EPIPE is thrown like any other error.
 */
export class StreamSink implements Sink, Disposable {
  readonly isSequential = true;
  readonly fd: number;
  readonly transferFrom?: (fd: number, from: number, offset: number, length: number) => number;
  readonly #kernel: KernelCalls | undefined;
  /** True for a redirect into a file or device: it can be made durable, and large writes of zeros are slow. */
  readonly #isDisk: boolean;
  #isOwned: boolean;
  #position = 0;

  constructor(fd: number, { kernel, isOwned = false }: StreamSinkOptions = {}) {
    const stat = fstatSync(fd);
    this.fd = fd;
    this.#isOwned = isOwned;
    this.#isDisk = stat.isFile() || stat.isBlockDevice();
    if (kernel === undefined || !stat.isFIFO()) return;
    this.#kernel = kernel;
    ignoring(() => kernel.setPipeSize(fd, PIPE_SIZE));
    this.transferFrom = (from, at, offset, length) => this.#splice(kernel, from, at, offset, length);
  }

  /** Bytes sent so far. */
  get position(): number {
    return this.#position;
  }

  writeAt(bytes: Uint8Array, offset: number): void {
    this.#advance(offset);
    writeFully(this.fd, bytes, null, offset);
    this.#position = offset + bytes.length;
  }

  zero(offset: number, length: number): void {
    this.#advance(offset);
    this.#sendZeros(length);
  }

  skip(offset: number, length: number): void {
    this.zero(offset, length);
  }

  async finish(size: number): Promise<void> {
    while (this.#position < size) {
      this.#sendZeros(Math.min(FINISH_BATCH, size - this.#position));
      await setImmediate();
    }
    if (this.#isDisk) await fsyncAsync(this.fd);
    if (this.#isOwned) {
      this.#isOwned = false;
      await closeAsync(this.fd);
    }
  }

  abort(): void {
    if (!this.#isOwned) return;
    this.#isOwned = false;
    ignoring(() => closeSync(this.fd));
  }

  [Symbol.dispose](): void {
    this.abort();
  }

  #advance(offset: number): void {
    if (offset < this.#position) {
      throw new SparseError('SPARSE_NOT_SEEKABLE', `a stream at byte ${this.#position} cannot go back to ${offset}`, {
        detail: { offset },
      });
    }
    if (offset > this.#position) this.#sendZeros(offset - this.#position);
  }

  #sendZeros(length: number): void {
    for (let left = length; left > 0; ) {
      const step = Math.min(left, this.#isDisk ? ZERO_UNIT : ZEROS.length);
      const sent = this.#kernel === undefined ? this.#writeZeros(step) : this.#spliceZeros(this.#kernel, step);
      this.#position += sent;
      left -= sent;
    }
  }

  #writeZeros(length: number): number {
    writeFully(this.fd, ZEROS.subarray(0, length), null, this.#position);
    return length;
  }

  #spliceZeros(kernel: KernelCalls, length: number): number {
    try {
      return untilReady(() => kernel.spliceZeros(this.fd, length));
    } catch (error) {
      throw located(error, this.#position);
    }
  }

  #splice(kernel: KernelCalls, from: number, at: number, offset: number, length: number): number {
    this.#advance(offset);
    let done = 0;
    try {
      while (done < length) {
        const moved = untilReady(() => kernel.splice(from, at + done, this.fd, length - done));
        if (moved === 0) break;
        done += moved;
      }
    } catch (error) {
      // EPIPE is about the pipe. All other errors come again from the caller's own read or write, which describe them
      // better.
      if (codeOf(error) === 'EPIPE') throw located(error, offset + done);
    }
    this.#position += done;
    return done;
  }
}

function ignoring(step: () => void): void {
  try {
    step();
  } catch {
    // A pipe of the default size works, too; and the errors of a discarded output do not matter.
  }
}
