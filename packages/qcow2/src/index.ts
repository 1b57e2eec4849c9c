export { type BudgetOptions, sampleRatio, writeBudgeted } from './budget-writer.ts';
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
export { extensionRoom, type FreshHeader } from './fresh-header.ts';
export type { HeaderExtension } from './header-extension.ts';
export type { Input } from './input.ts';
export {
  chooseClusterBits,
  hostOffset,
  type ImagePlan,
  type PlanOptions,
  planImage,
  type Qcow2Version,
} from './layout.ts';
export type { Output, RunOptions } from './output.ts';
export { type PlainOptions, type WriteSummary, writePlain } from './plain-writer.ts';
export { decodeProvenance, encodeProvenance, type UnreadRange } from './provenance.ts';
export type { AsyncSource, Source, SourceExtent } from './source.ts';
export { MemorySpool, type MemorySpoolOptions, type Spool, type SpoolSource } from './spool.ts';
export { type CompressedPlan, measureCompressed, writeMeasured } from './two-pass.ts';
