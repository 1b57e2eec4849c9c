import { printable } from './printable.ts';

/** A path that is read, for messages: control characters made visible; `-` is standard input. */
export const inputName = (path: string): string => (path === '-' ? 'standard input' : printable(path));

/** A path that is written, for messages: control characters made visible; `-` is standard output. */
export const outputName = (path: string): string => (path === '-' ? 'standard output' : printable(path));
