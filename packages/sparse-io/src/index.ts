export { isSparseError, SparseError, type SparseErrorCode, type SparseErrorDetail } from './base/errors.ts';
export { memorySource } from './base/memory.ts';
export type { Extent, Sink, Source } from './base/types.ts';
export { isZero, ZEROS } from './base/zero.ts';
export { inBatches } from './copy/batches.ts';
export { type ByteRun, type CopyOptions, type CopyResult, copyRuns, IO_UNIT } from './copy/copy.ts';
export { type BlockRun, dataExtents, type ExtentOptions } from './copy/data-extents.ts';
export { type ReceiveOptions, receive } from './copy/receive.ts';
export { deviceName } from './disk/device-number.ts';
export { type DirectFile, openDirectFile } from './disk/direct-file.ts';
export { type DiskView, type FileIdentity, realDisks } from './disk/disk-view.ts';
export { holdDevice, isHeld } from './disk/hold.ts';
export { unescapeOctal } from './disk/mount-point.ts';
export { overlapOf, type PathRange } from './disk/overlap.ts';
export { isAligned, pageMemory } from './disk/page-memory.ts';
export { type KernelCalls, loadKernelCalls } from './kernel/kernel-calls.ts';
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
} from './mapfile/mapfile.ts';
export { readMapfile } from './mapfile/read-mapfile.ts';
export {
  type InPlaceReason,
  type Output,
  type OutputOptions,
  openOutput,
  openStandardOutput,
} from './open/atomic-output.ts';
export { flushView } from './open/flush.ts';
export { type Input, openInput, openSeekable, type SeekableInput } from './open/open-input.ts';
export { Spool, type SpoolOptions, spoolAll } from './open/spool.ts';
export { FileSink, type FileSinkOptions } from './sink/file-sink.ts';
export { type SkipEqualOptions, skipEqual } from './sink/skip-equal.ts';
export { StreamSink, type StreamSinkOptions } from './sink/stream-sink.ts';
export { suppressZeros } from './sink/suppress-zeros.ts';
export type { ZeroMethod } from './sink/zero-range.ts';
export { aroundCache } from './source/around-cache.ts';
export { openDirectSource } from './source/direct-source.ts';
export { FileSource, type FileSourceOptions, openFileSource } from './source/file-source.ts';
export { type FullLengthOptions, fullLength } from './source/full-length.ts';
export { type BadRange, type IsolateOptions, isolateErrors, isUnreadable } from './source/isolate-errors.ts';
export { byHand, mapSource } from './source/map-source.ts';
export { type ReadOptions, readStream } from './source/read-stream.ts';
export { windowOf } from './source/window.ts';
export { type Piece, piecesOf, readableOf, type StreamOptions, writableTo } from './streams.ts';
