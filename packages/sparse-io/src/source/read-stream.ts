import { fstatSync, read } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';
import { codeOf } from '../base/errors.ts';
import { loadKernelCalls } from '../kernel/kernel-calls.ts';

const readAsync = promisify(read);

/** How to read a stream. */
export interface ReadOptions {
  /** Bytes asked for at once. Default 256 KiB. */
  readonly unit?: number;
  /** Stops before the next read. */
  readonly signal?: AbortSignal | undefined;
}

/** Bytes that the buffer of a pipe should hold: fewer and larger reads. */
const PIPE_SIZE = 1 << 20;
/** Pause before a non-blocking descriptor that has nothing is asked again, in milliseconds. */
const PAUSE = 10;

/**
 * Everything that comes from a descriptor that cannot seek: standard input, a FIFO.
 *
 * Reads in the thread pool, so signals are answered while nothing comes. Each array is reused for the next: a caller
 * that keeps the bytes copies them.
 */
export async function* readStream(
  fd: number,
  { unit = 1 << 18, signal }: ReadOptions = {},
): AsyncGenerator<Uint8Array> {
  const buffer = new Uint8Array(unit);
  if (fstatSync(fd).isFIFO()) await enlarge(fd);
  for (;;) {
    signal?.throwIfAborted();
    const bytesRead = await readSome(fd, buffer);
    if (bytesRead === 0) return;
    if (bytesRead > 0) yield buffer.subarray(0, bytesRead);
  }
}

/** @returns bytes read, 0 at the end, -1 when a non-blocking descriptor had nothing */
async function readSome(fd: number, buffer: Uint8Array): Promise<number> {
  try {
    return (await readAsync(fd, buffer, 0, buffer.length, null)).bytesRead;
  } catch (error) {
    if (codeOf(error) === 'EOF') return 0;
    if (codeOf(error) !== 'EAGAIN') throw error;
    await setTimeout(PAUSE);
    return -1;
  }
}

async function enlarge(fd: number): Promise<void> {
  try {
    (await loadKernelCalls())?.setPipeSize(fd, PIPE_SIZE);
  } catch {
    // EPERM where the user's pipes are many already: a pipe of the usual size works too.
  }
}
