import { Buffer } from 'node:buffer';

/** Whether two arrays hold the same bytes; `toEqual` needs seconds for a megabyte. */
export const sameBytes = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;
