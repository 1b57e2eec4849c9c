import { fstatSync, read } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';
import { codeOf } from '../base/errors.ts';
import { loadKernelCalls } from '../kernel/kernel-calls.ts';

const readAsync = promisify(read);

/** How to read a stream. */
export interface ReadOptions {
  /** Bytes per read. Default 256 KiB. */
  readonly unit?: number;
  /** Stops before the next read. */
  readonly signal?: AbortSignal | undefined;
}

/** Bytes to request for the buffer of a pipe: a larger one makes reads fewer and larger. */
const PIPE_SIZE = 1 << 20;
/** Pause before an empty non-blocking descriptor is read again, in milliseconds. */
const PAUSE = 10;

/**
 * All bytes of a descriptor that cannot seek, such as standard input or a FIFO, until its end.
 *
 * Reads in the thread pool, so that signal handlers run while the descriptor is empty. Each array is overwritten by the
 * next read: a caller that keeps the bytes must copy them. The descriptor is not closed.
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

/** @returns bytes read, 0 at the end, -1 when a non-blocking descriptor was empty */
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
    // EPERM where the user's pipes have reached their limit: a pipe of the usual size works, too.
  }
}
