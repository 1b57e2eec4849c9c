export { type AsyncOpenOptions, type AsyncQcow2Image, type Cancellable, openQcow2Async } from './async-reader.ts';
export type { BitmapInfo } from './bitmaps.ts';
export { type BudgetOptions, sampleRatio, writeBudgeted } from './budget-writer.ts';
export { type CheckOptions, checkQcow2, checkQcow2Async } from './check.ts';
export type { CheckFinding, CheckReport } from './check-findings.ts';
export { type ClusterRun, ClusterRuns } from './cluster-runs.ts';
export { availableCodec, type Codec, type CodecOptions, type CompressionType, loadCodec } from './codec.ts';
export {
  type CompressedDiskOptions,
  type CompressedOptions,
  writeCompressed,
  writeSpooled,
  writeSpooledStream,
} from './compressed-writer.ts';
export { isQcow2Error, Qcow2Error, type Qcow2ErrorCode, type Qcow2ErrorDetail } from './errors.ts';
export type { MapExtent } from './extents.ts';
export type { FeatureBits } from './features.ts';
export { type FolderResolver, type FolderResolverOptions, folderResolver } from './folder-resolver.ts';
export { extensionRoom, type FreshHeader } from './fresh-header.ts';
export type { OnData } from './guest-pieces.ts';
export type { GuestRun } from './guest-run.ts';
export type { Qcow2Header } from './header.ts';
export type { HeaderExtension } from './header-extension.ts';
export type { HoldOptions } from './held-clusters.ts';
export { ImageFile } from './image-file.ts';
export type { ImageInfo } from './image-info.ts';
export type { Input } from './input.ts';
export { compressChunks, compressedChunks, type GuestPiece, guestPieces, plainChunks } from './iteration.ts';
export {
  chooseClusterBits,
  hostOffset,
  type ImagePlan,
  type PlanOptions,
  planImage,
  type Qcow2Version,
} from './layout.ts';
export { compressedStream, compressor, plainStream } from './node-streams.ts';
export type { FileRequest, OpenOptions, ResolvedFile } from './options.ts';
export type { Output, RunOptions } from './output.ts';
export type { DiskPiece, DiskRange } from './pieces.ts';
export { type PlainOptions, type WriteSummary, writePlain, writePlainFront } from './plain-writer.ts';
export { decodeProvenance, encodeProvenance, type UnreadRange } from './provenance.ts';
export { openQcow2, type Qcow2Image, type SyncOpenOptions } from './reader.ts';
export type { SnapshotSelection } from './snapshot-view.ts';
export type { SnapshotInfo } from './snapshots.ts';
export type { AsyncSource, Source, SourceExtent } from './source.ts';
export { type SourceRunsOptions, sourceRuns } from './source-runs.ts';
export { MemorySpool, type MemorySpoolOptions, type Spool, type SpoolSource } from './spool.ts';
export { needsFile, STREAM_HEAD_SIZE, type StreamHeader } from './stream-header.ts';
export { readStreamed, type StreamReadOptions, type StreamReport } from './stream-reader.ts';
export { type CompressedPlan, measureCompressed, writeMeasured } from './two-pass.ts';
