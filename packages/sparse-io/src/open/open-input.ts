import { close, constants, fstatSync, open, readFileSync, statSync } from 'node:fs';
import { promisify } from 'node:util';
import type { Source } from '../base/source.ts';
import { descriptorNumber } from '../disk/descriptor-number.ts';
import { loadKernelCalls } from '../kernel/kernel-calls.ts';
import { FileSource, openFileSource } from '../source/file-source.ts';
import { readStream } from '../source/read-stream.ts';
import { windowOf } from '../source/window.ts';
import { type Spool, type SpoolOptions, spoolAll } from './spool.ts';

const openAsync = promisify(open);
const closeAsync = promisify(close);

/** An open input: a source that can be read at any offset, or a stream that can be read once, in order. */
export type Input =
  | { readonly kind: 'source'; readonly source: Source; readonly close: () => void }
  | { readonly kind: 'stream'; readonly bytes: AsyncIterable<Uint8Array> };

/**
 * Open an input: a path, or `-`, `/dev/stdin`, `/dev/fd/N` for an open descriptor.
 *
 * A descriptor redirected from a file is a source that begins at its current position. A pipe or FIFO is a stream, whose
 * arrays are overwritten by the next read (see readStream). Opening a FIFO waits for its writer, in the thread pool.
 *
 * @throws system errors
 */
export async function openInput(path: string): Promise<Input> {
  const fd = path === '-' || path === '/dev/stdin' ? 0 : descriptorNumber(path);
  if (fd !== undefined) return descriptorInput(fd);
  const stat = statSync(path);
  if (stat.isFile() || stat.isBlockDevice() || stat.isDirectory()) {
    const source = await openFileSource(path);
    return { kind: 'source', source, close: () => source[Symbol.dispose]() };
  }
  return { kind: 'stream', bytes: ownedStream(await openAsync(path, constants.O_RDONLY)) };
}

/** An input that can be read at any offset. */
export interface SeekableInput {
  readonly source: Source;
  readonly close: () => void;
  /** True for a stream that was spooled: it has no path, so relative names in it cannot be resolved. */
  readonly isSpooled: boolean;
}

/**
 * Open an input for reading at any offset: a stream is spooled first.
 *
 * @param options `onSpool` is called before a stream is spooled, so that the user can learn why it takes time;
 *   `onProgress` with the bytes spooled so far
 * @throws system errors; SparseError SPARSE_SPOOL_FULL
 */
export async function openSeekable(
  path: string,
  {
    onSpool,
    ...options
  }: SpoolOptions & { readonly onSpool?: () => void; readonly onProgress?: (done: number) => void } = {},
): Promise<SeekableInput> {
  const input = await openInput(path);
  if (input.kind === 'source') return { source: input.source, close: input.close, isSpooled: false };
  onSpool?.();
  const spool: Spool = await spoolAll(input.bytes, options);
  return { source: spool.source(), close: () => spool[Symbol.dispose](), isSpooled: true };
}

async function descriptorInput(fd: number): Promise<Input> {
  const stat = fstatSync(fd);
  if (!stat.isFile() && !stat.isBlockDevice()) return { kind: 'stream', bytes: readStream(fd) };
  const source = FileSource.over(fd, { kernel: await loadKernelCalls() });
  return { kind: 'source', source: windowOf(source, positionOf(fd)), close: () => undefined };
}

async function* ownedStream(fd: number): AsyncGenerator<Uint8Array> {
  try {
    yield* readStream(fd);
  } finally {
    await closeAsync(fd);
  }
}

/** The current position of a descriptor, in bytes. Source: proc_pid_fdinfo(5). */
function positionOf(fd: number): number {
  try {
    return Number(/^pos:\s*(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'latin1'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}
