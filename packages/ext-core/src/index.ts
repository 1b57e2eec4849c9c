export { ExtError, type ExtErrorCode, type ExtErrorDetail, isExtError } from './errors.ts';
export type { Source, SourceExtent } from './source.ts';
