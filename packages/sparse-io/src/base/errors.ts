/** Every way sparse-io itself refuses; errors of the operating system (`ENOSPC`, `EIO`) pass through with their own code. */
export type SparseErrorCode =
  /** The source ended before the bytes asked for. `detail.offset` is the first byte that is not there. */
  | 'SPARSE_SHORT_READ'
  /** A mapfile says something that cannot be. */
  | 'SPARSE_BAD_MAPFILE'
  /** A write to a stream would have to go back. */
  | 'SPARSE_NOT_SEEKABLE'
  /** A size that this kind of file does not have, or that no program could find. */
  | 'SPARSE_NO_SIZE'
  /** The spool did not fit its folder. */
  | 'SPARSE_SPOOL_FULL'
  /** What lies where a partial file should be gone on with is no file of this user alone. */
  | 'SPARSE_NOT_OURS';

/** Where the fault was found, in bytes from the start of the source or output. */
export interface SparseErrorDetail {
  readonly offset?: number;
  readonly length?: number;
}

/** The only error class sparse-io throws. A bug in the caller is a RangeError instead. */
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

/** The `code` of an error, whoever threw it; undefined where there is none. */
export function codeOf(error: unknown): string | undefined {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : undefined;
}

/**
 * Note on an operating-system error at which byte it happened, as `offset`: the caller cannot know, and the message
 * of a failed write names the block. The error is otherwise untouched.
 */
export function located(error: unknown, offset: number): unknown {
  return typeof error === 'object' && error !== null ? Object.assign(error, { offset }) : error;
}
