export { aroundCache } from './around-cache.ts';
export {
  type InPlaceReason,
  type Output,
  type OutputOptions,
  openOutput,
  openStandardOutput,
} from './atomic-output.ts';
export { inBatches } from './batches.ts';
export { type ByteRun, type CopyOptions, type CopyResult, copyRuns, IO_UNIT } from './copy.ts';
export { type BlockRun, dataExtents, type ExtentOptions } from './data-extents.ts';
export { deviceName } from './device-number.ts';
export { type DirectFile, openDirectFile } from './direct-file.ts';
export { openDirectSource } from './direct-source.ts';
export { type DiskView, type FileIdentity, realDisks } from './disk-view.ts';
export { isSparseError, SparseError, type SparseErrorCode, type SparseErrorDetail } from './errors.ts';
export { FileSink, type FileSinkOptions } from './file-sink.ts';
export { FileSource, type FileSourceOptions, openFileSource } from './file-source.ts';
export { flushView } from './flush.ts';
export { type FullLengthOptions, fullLength } from './full-length.ts';
export { holdDevice, isHeld } from './hold.ts';
export { type BadRange, type IsolateOptions, isolateErrors, isUnreadable } from './isolate-errors.ts';
export { type KernelCalls, loadKernelCalls } from './kernel-calls.ts';
export { byHand, mapSource } from './map-source.ts';
export {
  encodeMapfile,
  type Mapfile,
  type MapRange,
  type MapStatus,
  mapfileHead,
  mapfileLine,
  mapfileOf,
  parseMapfile,
  unreadRanges,
} from './mapfile.ts';
export { memorySource } from './memory.ts';
export { unescapeOctal } from './mount-point.ts';
export { type Input, openInput, openSeekable, type SeekableInput } from './open-input.ts';
export { overlapOf, type PathRange } from './overlap.ts';
export { isAligned, pageMemory } from './page-memory.ts';
export { readMapfile } from './read-mapfile.ts';
export { type ReadOptions, readStream } from './read-stream.ts';
export { type ReceiveOptions, receive } from './receive.ts';
export { type SkipEqualOptions, skipEqual } from './skip-equal.ts';
export { Spool, type SpoolOptions, spoolAll } from './spool.ts';
export { StreamSink, type StreamSinkOptions } from './stream-sink.ts';
export { type Piece, piecesOf, readableOf, type StreamOptions, writableTo } from './streams.ts';
export { suppressZeros } from './suppress-zeros.ts';
export type { Extent, Sink, Source } from './types.ts';
export { windowOf } from './window.ts';
export { isZero, ZEROS } from './zero.ts';
export type { ZeroMethod } from './zero-range.ts';
