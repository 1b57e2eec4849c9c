export type { ByteRange, Extent } from './base/byte-range.ts';
export { codeOf, isSparseError, SparseError, type SparseErrorCode, type SparseErrorDetail } from './base/errors.ts';
export { lowerBound } from './base/lower-bound.ts';
export { memorySource } from './base/memory-source.ts';
export type { Sink } from './base/sink.ts';
export type { Source } from './base/source.ts';
export { isZero, ZEROS } from './base/zero.ts';
export { copyRuns } from './copy/copy-runs.ts';
export { inBatches } from './copy/in-batches.ts';
export { receive } from './copy/receive.ts';
export { deviceName } from './disk/device-name.ts';
export { type DirectFile, openDirectFile } from './disk/direct-file.ts';
export { type DiskView, type FileIdentity, realDisks } from './disk/disk-view.ts';
export { isHeld } from './disk/is-held.ts';
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
export { flushView } from './open/flush-view.ts';
export { type Input, openInput, openSeekable } from './open/open-input.ts';
export { type Output, type OutputOptions, openOutput, openStandardOutput } from './open/open-output.ts';
export { Spool, type SpoolOptions, spoolAll } from './open/spool.ts';
export { FileSink } from './sink/file-sink.ts';
export { skipEqual } from './sink/skip-equal.ts';
export { StreamSink } from './sink/stream-sink.ts';
export { suppressZeros } from './sink/suppress-zeros.ts';
export { writeFully } from './sink/write-fully.ts';
export type { ZeroMethod } from './sink/zeroer.ts';
export { aroundCache } from './source/around-cache.ts';
export { openDirectSource } from './source/direct-source.ts';
export { FileSource, openFileSource } from './source/file-source.ts';
export { fullLength } from './source/full-length.ts';
export { type BadRange, isolateErrors, isUnreadable } from './source/isolate-errors.ts';
export { readStream } from './source/read-stream.ts';
export { windowOf } from './source/window.ts';
export { withoutFile } from './source/without-file.ts';
export { type Piece, piecesOf, readableOf, writableTo } from './streams.ts';
