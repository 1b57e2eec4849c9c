import type { Input } from '../io/input.ts';
import type { Output } from '../io/output.ts';
import type { Spool } from '../io/spool.ts';
import { readStreamed, type StreamReadOptions, type StreamReport } from '../stream-read/stream-reader.ts';
import { type PlainOptions, type WriteSummary, writePlain } from '../write/plain-writer.ts';
import {
  type CompressedDiskOptions,
  type CompressedOptions,
  writeSpooled,
  writeSpooledStream,
} from '../write-compressed/compressed-writer.ts';
import { pushToPull } from './push-to-pull.ts';

/*
 * Images as async iterations. Each array is overwritten when the next is asked for: copy what you keep. Work is done when
 * a value is asked for; `break` ends it, and so does the signal of the options.
 */

/** The bytes of a plain image: exactly `plan.totalBytes`. Returns the summary. */
export function plainChunks(input: Input, options: PlainOptions): AsyncGenerator<Uint8Array, WriteSummary, void> {
  return chunks((output, signal) => writePlain(input, output, { ...options, signal }), options.signal);
}

/** The bytes of a compressed image. Returns the summary. @param spool empty; see `writeSpooled` */
export function compressedChunks(
  input: Input,
  spool: Spool,
  options: CompressedDiskOptions,
): AsyncGenerator<Uint8Array, WriteSummary, void> {
  return chunks((output, signal) => writeSpooled(input, output, spool, { ...options, signal }), options.signal);
}

/** The bytes of a compressed image of a disk that arrives in chunks. Returns the summary. @param spool empty */
export function compressChunks(
  disk: AsyncIterable<Uint8Array>,
  spool: Spool,
  options: CompressedOptions,
): AsyncGenerator<Uint8Array, WriteSummary, void> {
  return chunks((output, signal) => writeSpooledStream(disk, output, spool, { ...options, signal }), options.signal);
}

/** Bytes of the disk from guest byte `offset` on. */
export interface GuestPiece {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/**
 * The data of an image that arrives in chunks, in the order of arrival, which need not be the disk's order. Bytes that no
 * piece contains read as zeros. Returns the report.
 *
 * @throws as `readStreamed`
 */
export function guestPieces(
  image: AsyncIterable<Uint8Array>,
  options: Omit<StreamReadOptions, 'onData'> = {},
): AsyncGenerator<GuestPiece, StreamReport, void> {
  return pushToPull(
    (give, signal) => readStreamed(image, { ...options, signal, onData: (bytes, offset) => give({ offset, bytes }) }),
    options.signal,
  );
}

function chunks(
  write: (output: Output, signal: AbortSignal) => Promise<WriteSummary>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, WriteSummary, void> {
  return pushToPull((give, both) => write({ isSequential: true, writeAt: (bytes) => give(bytes) }, both), signal);
}
