export { type ClusterRun, ClusterRuns } from './cluster-runs.ts';
export { availableCodec, type Codec, type CodecOptions, type CompressionType, loadCodec } from './codec.ts';
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
