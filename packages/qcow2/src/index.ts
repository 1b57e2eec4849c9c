export type { ByteRange } from './base/byte-range.ts';
export { type ClusterRun, ClusterRuns } from './base/cluster-runs.ts';
export { isQcow2Error, Qcow2Error, type Qcow2ErrorCode, type Qcow2ErrorDetail } from './base/errors.ts';
export { type CheckOptions, checkQcow2, checkQcow2Async } from './check/check.ts';
export type { CheckFinding, CheckReport } from './check/findings.ts';
export { availableCodec, type Codec, type CodecOptions, type CompressionType, loadCodec } from './codec/codec.ts';
export type { BitmapInfo } from './format/bitmap-entry.ts';
export type { FeatureBits } from './format/features.ts';
export { isQcow2, type Qcow2Header } from './format/header.ts';
export type { HeaderExtension } from './format/header-extension.ts';
export type { ImageInfo } from './format/image-info.ts';
export { decodeProvenance, encodeProvenance } from './format/provenance.ts';
export type { SnapshotInfo } from './format/snapshot-entry.ts';
export { type FolderResolver, type FolderResolverOptions, folderResolver } from './io/folder-resolver.ts';
export { ImageFile } from './io/image-file.ts';
export type { Input } from './io/input.ts';
export type { FileRequest, OpenOptions, ResolvedFile } from './io/open-options.ts';
export type { Output } from './io/output.ts';
export type { RunOptions } from './io/run-options.ts';
export type { AsyncSource, Source, SourceExtent } from './io/source.ts';
export { MemorySpool, type MemorySpoolOptions, type Spool, type SpoolSource } from './io/spool.ts';
export { type AsyncOpenOptions, type AsyncQcow2Image, type Cancellable, openQcow2Async } from './read/async-reader.ts';
export type { DiskPiece, DiskRange } from './read/disk-pieces.ts';
export type { MapExtent } from './read/extents.ts';
export type { GuestRun } from './read/guest-run.ts';
export { openQcow2, type Qcow2Image, type SyncOpenOptions } from './read/reader.ts';
export type { SnapshotSelection } from './read/snapshot-view.ts';
export type { OnData } from './stream-read/guest-pieces.ts';
export type { HoldOptions } from './stream-read/held-clusters.ts';
export { needsFile, STREAM_HEAD_SIZE, type StreamHeader } from './stream-read/stream-header.ts';
export { readStreamed, type StreamReadOptions, type StreamReport } from './stream-read/stream-reader.ts';
export { compressChunks, compressedChunks, type GuestPiece, guestPieces, plainChunks } from './streams/chunks.ts';
export { compressedStream, compressor, plainStream } from './streams/node-streams.ts';
export { extensionRoom, type FreshHeader } from './write/fresh-header.ts';
export {
  chooseClusterBits,
  type ImagePlan,
  type PlanOptions,
  planImage,
  type Qcow2Version,
} from './write/image-plan.ts';
export { type PlainOptions, type WriteSummary, writePlain } from './write/plain-writer.ts';
export { type SourceRunsOptions, sourceRuns } from './write/source-runs.ts';
export { type BudgetOptions, sampleRatio, writeBudgeted } from './write-compressed/budget-writer.ts';
export {
  type CompressedDiskOptions,
  type CompressedOptions,
  writeCompressed,
  writeSpooled,
  writeSpooledStream,
} from './write-compressed/compressed-writer.ts';
export { type CompressedPlan, measureCompressed, writeMeasured } from './write-compressed/two-pass.ts';
