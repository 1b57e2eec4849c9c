/**
 * Every way this package can refuse. The codes are public API: callers branch on them, so a code is never renamed
 * and never reused.
 *
 * The image is wrong: `BAD_MAGIC`, `CORRUPT`, `TRUNCATED`, `BAD_CLUSTER` (a compressed cluster that is not
 * exactly one cluster). Not supported, or not by these limits: `UNSUPPORTED_VERSION`, `UNSUPPORTED_FEATURE`,
 * `UNSUPPORTED_CODEC` (the runtime lacks zstd), `ENCRYPTED`, `TOO_LARGE`. A chain of files: `BACKING_REFUSED`,
 * `BACKING_NOT_FOUND`, `BACKING_LOOP`, `BACKING_DEPTH`, `DATA_FILE_REFUSED`, `DATA_FILE_NOT_FOUND`. Asked for what is
 * not there: `NO_SNAPSHOT`. Streams: `CANNOT_STREAM` (this layout needs a file), `INPUT_CHANGED` (the second pass
 * met other bytes than the first).
 */
export type Qcow2ErrorCode =
  | 'QCOW2_BAD_MAGIC'
  | 'QCOW2_CORRUPT'
  | 'QCOW2_TRUNCATED'
  | 'QCOW2_BAD_CLUSTER'
  | 'QCOW2_UNSUPPORTED_VERSION'
  | 'QCOW2_UNSUPPORTED_FEATURE'
  | 'QCOW2_UNSUPPORTED_CODEC'
  | 'QCOW2_ENCRYPTED'
  | 'QCOW2_TOO_LARGE'
  | 'QCOW2_BACKING_REFUSED'
  | 'QCOW2_BACKING_NOT_FOUND'
  | 'QCOW2_BACKING_LOOP'
  | 'QCOW2_BACKING_DEPTH'
  | 'QCOW2_DATA_FILE_REFUSED'
  | 'QCOW2_DATA_FILE_NOT_FOUND'
  | 'QCOW2_NO_SNAPSHOT'
  | 'QCOW2_CANNOT_STREAM'
  | 'QCOW2_INPUT_CHANGED';

/** Where the fault was found. Offsets and lengths are bytes. */
export interface Qcow2ErrorDetail {
  /** Header field or structure, as the format's document spells it. */
  readonly field?: string;
  /** The value found. */
  readonly value?: number;
  /** The bound it broke. */
  readonly limit?: number;
  /** Number of a feature bit, 0..63. */
  readonly bit?: number;
  /** Byte offset on the virtual disk. */
  readonly guestOffset?: number;
  /** Byte offset in the image file. */
  readonly hostOffset?: number;
  /** Bytes concerned, from the offset on. */
  readonly length?: number;
  /** Position in the backing chain: 0 is the image that was opened. */
  readonly depth?: number;
}

/**
 * The only error class this package throws on bad input.
 *
 * Mistakes of the caller (a negative offset, a read beyond the end) throw RangeError or TypeError instead. Errors of
 * the operating system pass through untouched, with their own `code`, or as `cause`.
 */
export class Qcow2Error extends Error {
  override readonly name = 'Qcow2Error';
  readonly code: Qcow2ErrorCode;
  readonly detail: Qcow2ErrorDetail;

  constructor(
    code: Qcow2ErrorCode,
    message: string,
    { detail = {}, cause }: { detail?: Qcow2ErrorDetail; cause?: unknown } = {},
  ) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.detail = detail;
  }
}

/**
 * True for a Qcow2Error from any copy of this package. `instanceof` fails when a dependency tree holds two copies;
 * the code prefix does not.
 */
export function isQcow2Error(error: unknown): error is Qcow2Error {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && code.startsWith('QCOW2_');
}
