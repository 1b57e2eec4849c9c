import type { ByteRange } from './byte-range.ts';

/** The faults that sparse-io itself finds. Errors of the operating system (`ENOSPC`, `EIO`) keep their own code. */
export type SparseErrorCode =
  /** The source ended before the requested bytes. `detail.offset` is the first missing byte. */
  | 'SPARSE_SHORT_READ'
  /** A mapfile that cannot be parsed, or that contradicts itself. */
  | 'SPARSE_BAD_MAPFILE'
  /** A write to a stream at an offset that was already sent. */
  | 'SPARSE_NOT_SEEKABLE'
  /** A size was needed of something that has none (a pipe, a terminal), or whose size could not be found. */
  | 'SPARSE_NO_SIZE'
  /** The spool is larger than its folder's file system allows. */
  | 'SPARSE_SPOOL_FULL'
  /** An existing partial file that should be continued is not a plain file that belongs to this user alone. */
  | 'SPARSE_NOT_OURS';

/** Where the fault was found: bytes from the start of the source or output. */
export interface SparseErrorDetail {
  readonly offset?: number;
  readonly length?: number;
}

/** The only error class that sparse-io throws. A mistake of the calling program is a RangeError instead. */
export class SparseError extends Error {
  override readonly name = 'SparseError';
  readonly code: SparseErrorCode;
  readonly detail: SparseErrorDetail;

  constructor(
    code: SparseErrorCode,
    message: string,
    { detail = {}, cause }: { detail?: SparseErrorDetail; cause?: unknown } = {},
  ) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.detail = detail;
  }
}

/** True for a SparseError from any copy of this package. */
export function isSparseError(error: unknown): error is SparseError {
  return codeOf(error)?.startsWith('SPARSE_') === true;
}

/** The error for a read past the end of a source of `size` bytes. @param missing the part that could not be read */
export const shortRead = (size: number, missing: ByteRange): SparseError =>
  new SparseError('SPARSE_SHORT_READ', `the source ends at byte ${size}`, { detail: missing });

/** The `code` of any thrown value; undefined where it has none. */
export function codeOf(error: unknown): string | undefined {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : undefined;
}

/** What an error of the operating system carries besides its code. */
export interface SystemErrorFields {
  readonly syscall?: string;
  readonly path?: string;
  readonly errno?: number;
  /** The byte at which it happened. */
  readonly offset?: number;
  readonly cause?: unknown;
}

/** An error in the form that node:fs throws for a failed call. `code` is the name of an errno such as `EISDIR`. */
export function systemError(code: string, message: string, { cause, ...fields }: SystemErrorFields = {}): Error {
  return Object.assign(new Error(message, cause === undefined ? undefined : { cause }), { code, ...fields });
}

/**
 * Add to an error of the operating system the byte at which it happened, as `offset`: the system call does not report
 * it, and messages need it. @returns the same error, otherwise unchanged
 */
export function located(error: unknown, offset: number): unknown {
  return typeof error === 'object' && error !== null ? Object.assign(error, { offset }) : error;
}
