export type { ByteRange } from './base/byte-range.ts';
export { type ClusterRun, ClusterRuns } from './base/cluster-runs.ts';
export { isQcow2Error, Qcow2Error, type Qcow2ErrorCode } from './base/errors.ts';
export { checkQcow2, checkQcow2Async } from './check/check.ts';
export type { CheckFinding, CheckReport } from './check/findings.ts';
export { type Codec, type CompressionType, loadCodec } from './codec/codec.ts';
export { isQcow2 } from './format/header.ts';
export type { HeaderExtension } from './format/header-extension.ts';
export type { ImageInfo } from './format/image-info.ts';
export { encodeProvenance } from './format/provenance.ts';
export { folderResolver } from './io/folder-resolver.ts';
export { ImageFile } from './io/image-file.ts';
export type { Input } from './io/input.ts';
export type { FileRequest, ResolvedFile } from './io/open-options.ts';
export type { Output } from './io/output.ts';
export type { AsyncSource, Source, SourceExtent } from './io/source.ts';
export { MemorySpool, type Spool } from './io/spool.ts';
export { type AsyncQcow2Image, openQcow2Async } from './read/async-reader.ts';
export type { MapExtent } from './read/extents.ts';
export { openQcow2, type Qcow2Image } from './read/reader.ts';
export { needsFile, STREAM_HEAD_SIZE } from './stream-read/stream-header.ts';
export { readStreamed } from './stream-read/stream-reader.ts';
export { compressedChunks, guestPieces, plainChunks } from './streams/chunks.ts';
export { compressedStream, compressor, plainStream } from './streams/node-streams.ts';
export { extensionRoom } from './write/fresh-header.ts';
export {
  chooseClusterBits,
  type ImagePlan,
  type PlanOptions,
  planImage,
  type Qcow2Version,
} from './write/image-plan.ts';
export { type WriteSummary, writePlain } from './write/plain-writer.ts';
export { sourceRuns } from './write/source-runs.ts';
export { sampleRatio, writeBudgeted } from './write-compressed/budget-writer.ts';
export {
  type CompressedDiskOptions,
  writeCompressed,
  writeSpooled,
  writeSpooledStream,
} from './write-compressed/compressed-writer.ts';
export { measureCompressed, writeMeasured } from './write-compressed/measured-writer.ts';
