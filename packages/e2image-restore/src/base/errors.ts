/** Why a restore failed. The codes are public API: never renamed, never reused. */
export type RestoreErrorCode =
  /** The image has none of the formats that can be put back. */
  | 'RESTORE_NO_IMAGE'
  /** Bytes of the image that were never read from its source. */
  | 'RESTORE_UNREAD'
  /** The blocks of the image are scattered over more runs than fit in memory. */
  | 'RESTORE_TOO_LARGE'
  /** The undo file exists and is not the record of this restore. */
  | 'RESTORE_UNDO_EXISTS'
  /** The undo file contradicts itself. */
  | 'RESTORE_UNDO_CORRUPT';

/** Where the fault was found. */
export interface RestoreErrorDetail {
  /** Byte offset in the image, device or undo file. */
  readonly offset?: number;
  readonly length?: number;
}

/** The only error class of this package. Errors of the system and of the libraries pass through unchanged. */
export class RestoreError extends Error {
  override readonly name = 'RestoreError';
  readonly code: RestoreErrorCode;
  readonly detail: RestoreErrorDetail;

  constructor(
    code: RestoreErrorCode,
    message: string,
    { detail = {}, cause }: { detail?: RestoreErrorDetail; cause?: unknown } = {},
  ) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.detail = detail;
  }
}
