import type { Sink } from '../base/sink.ts';
import { IO_UNIT } from './copy-runs.ts';

/** How to receive a stream. */
export interface ReceiveOptions {
  /** Called after each write with the bytes written so far. */
  readonly onProgress?: (done: number) => void;
  /** Stops before the next write; the promise is rejected with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Write all bytes of a stream to a sink, from byte 0 on. The sink is neither finished nor closed.
 *
 * Small pieces are collected into whole I/O units: a pipe delivers at most 64 KiB at once, and one write for each would
 * cost more. Each array is borrowed until the next one is requested.
 *
 * @returns the bytes received
 * @throws what `input` and the sink throw
 */
export async function receive(
  input: AsyncIterable<Uint8Array>,
  sink: Sink,
  { onProgress, signal }: ReceiveOptions = {},
): Promise<number> {
  const buffer = sink.buffer?.() ?? new Uint8Array(IO_UNIT);
  let filled = 0;
  let written = 0;
  const flush = (): void => {
    sink.writeAt(buffer.subarray(0, filled), written);
    written += filled;
    filled = 0;
    onProgress?.(written);
  };
  for await (const bytes of input) {
    signal?.throwIfAborted();
    for (let at = 0; at < bytes.length; ) {
      const piece = bytes.subarray(at, at + buffer.length - filled);
      buffer.set(piece, filled);
      filled += piece.length;
      at += piece.length;
      if (filled === buffer.length) flush();
    }
  }
  if (filled > 0) flush();
  return written;
}
