import { Duplex, Readable } from 'node:stream';
import type { Input } from '../io/input.ts';
import type { Spool } from '../io/spool.ts';
import type { PlainOptions } from '../write/plain-writer.ts';
import type { CompressedDiskOptions, CompressedOptions } from '../write-compressed/compressed-writer.ts';
import { compressChunks, compressedChunks, plainChunks } from './chunks.ts';

/*
 * Images as streams of Node. They read only as fast as they are read from; destroying one stops its work. To read an
 * image, pass any Readable of bytes to `readStreamed` or `guestPieces`.
 */

/** A plain image as a stream of exactly `plan.totalBytes` bytes. */
export function plainStream(input: Input, options: PlainOptions): Readable {
  return readable(plainChunks(input, options));
}

/** A compressed image as a stream. @param spool empty */
export function compressedStream(input: Input, spool: Spool, options: CompressedDiskOptions): Readable {
  return readable(compressedChunks(input, spool, options));
}

/**
 * A stream that accepts the bytes of a raw disk and returns those of a compressed image of it. It returns nothing before
 * it got the last byte. @param spool empty
 */
export function compressor(spool: Spool, options: CompressedOptions): Duplex {
  return Duplex.from(async function* (disk: AsyncIterable<Uint8Array>) {
    yield* copies(compressChunks(disk, spool, options));
  });
}

function readable(chunks: AsyncIterable<Uint8Array>): Readable {
  return Readable.from(copies(chunks), { objectMode: false });
}

/** A Node stream reads in advance, so it must not get arrays that are overwritten. */
async function* copies(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
  for await (const bytes of chunks) yield bytes.slice();
}
