import type { Readable, Writable } from 'node:stream';
import type { Extent } from './base/byte-range.ts';
import type { Sink } from './base/sink.ts';
import type { Source } from './base/source.ts';
import { IO_UNIT } from './copy/copy-runs.ts';
import { batches } from './copy/in-batches.ts';

/** Loaded at the first use: a command that only copies files does not pay for streams. */
const streamModule = () => process.getBuiltinModule('node:stream');

/** How to read a source as a stream. */
export interface StreamOptions {
  /** Ends the stream with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** A piece of a source: bytes, owned by the receiver, or a hole of any length, which reads as zeros. */
export type Piece =
  | { readonly kind: 'data'; readonly offset: number; readonly bytes: Uint8Array }
  | { readonly kind: 'hole'; readonly offset: number; readonly length: number };

/**
 * Iterate over a source, in order and without gaps: data in pieces of at most 256 KiB, each hole as one piece.
 * Nothing is read before the iteration asks for it.
 *
 * @throws what the source throws; the signal's reason
 */
export async function* piecesOf(source: Source, { signal }: StreamOptions = {}): AsyncGenerator<Piece> {
  const endOfPiece = batches();
  for (let offset = 0; offset < source.size; ) {
    signal?.throwIfAborted();
    const extent: Extent = source.extentAt?.(offset) ?? { kind: 'data', offset, length: source.size - offset };
    const rest = Math.min(extent.length, source.size - offset);
    if (extent.kind === 'hole') {
      yield { kind: 'hole', offset, length: rest };
      offset += rest;
      continue;
    }
    const bytes = new Uint8Array(Math.min(IO_UNIT, rest));
    source.readAt(bytes, offset);
    yield { kind: 'data', offset, bytes };
    offset += bytes.length;
    await endOfPiece();
  }
}

/** All bytes of a source as a Node stream, holes as zeros, with the stream's own backpressure. */
export function readableOf(source: Source, { signal }: StreamOptions = {}): Readable {
  return streamModule().Readable.from(plainBytes(source, signal), { objectMode: false, ...(signal && { signal }) });
}

async function* plainBytes(source: Source, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
  for await (const piece of piecesOf(source, { signal })) {
    if (piece.kind === 'data') yield piece.bytes;
    else
      for (let done = 0; done < piece.length; done += IO_UNIT)
        yield new Uint8Array(Math.min(IO_UNIT, piece.length - done));
  }
}

/**
 * A Node stream that writes to a sink from byte 0 on. Its end finishes the sink, so that the stream's `finish` event
 * means that the output is durable under its name. An error or `destroy` before that aborts the sink.
 */
export function writableTo(sink: Sink, { signal }: StreamOptions = {}): Writable {
  let size = 0;
  let isFinished = false;
  // An async function, so that a thrown error becomes a rejection. The write itself is synchronous.
  const writeAsync = async (chunk: Uint8Array): Promise<void> => {
    sink.writeAt(chunk, size);
    size += chunk.length;
  };
  return new (streamModule().Writable)({
    ...(signal && { signal }),
    highWaterMark: IO_UNIT,
    write(chunk: Uint8Array, _encoding, done) {
      writeAsync(chunk).then(() => done(), done);
    },
    final(done) {
      sink.finish(size).then(() => {
        isFinished = true;
        done();
      }, done);
    },
    destroy(error, done) {
      if (!isFinished) sink.abort();
      done(error);
    },
  });
}
