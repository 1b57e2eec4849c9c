export type { Extent, Sink, Source } from './types.ts';
