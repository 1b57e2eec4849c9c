export { isQcow2Error, Qcow2Error, type Qcow2ErrorCode, type Qcow2ErrorDetail } from './errors.ts';
export { decodeProvenance, encodeProvenance, type UnreadRange } from './provenance.ts';
export type { AsyncSource, Source, SourceExtent } from './source.ts';
