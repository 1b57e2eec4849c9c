/**
 * Every way a move can be refused or stopped by something other than the operating system. Public API: a code is never
 * renamed and never reused.
 */
export type MoveErrorCode =
  /** The destination ends beyond the end of the device, which cannot grow. */
  | 'MOVE_BEYOND_END'
  /** The device is not the one that the record describes. */
  | 'MOVE_DIFFERENT_DEVICE'
  /** Mounted, swapped on or opened exclusively by someone else. */
  | 'MOVE_IN_USE'
  /** A move of this file system was interrupted, or is running: resume it first. */
  | 'MOVE_INTERRUPTED_BEFORE'
  /** The file for the record exists, and does not hold the record of a move. */
  | 'MOVE_JOURNAL_EXISTS'
  /** The record is damaged, or the file is not a record. */
  | 'MOVE_JOURNAL_INVALID'
  /** The journal would be in memory, and be lost in a power cut. */
  | 'MOVE_JOURNAL_MEMORY'
  /** The device has no room for the record; a file must be named. */
  | 'MOVE_JOURNAL_NEEDED'
  /** The journal would be on the file system that is moved. */
  | 'MOVE_JOURNAL_SAME_FILESYSTEM'
  /** Multi-mount protection says that another host uses the file system. */
  | 'MOVE_MMP'
  /** No interrupted move was found. */
  | 'MOVE_NOTHING_TO_RESUME'
  /** An offset where no file system can begin, or where this one is already. */
  | 'MOVE_OFFSET'
  /** Neither a regular file nor a block device. */
  | 'MOVE_NOT_A_DEVICE'
  /** The device is smaller than its file system. */
  | 'MOVE_TRUNCATED'
  /** A block could not be read; its batch does not count as done. */
  | 'MOVE_UNREADABLE';

/** The numbers of the message: bytes, or a block of the file system. */
export interface MoveErrorDetail {
  readonly offset?: number;
  readonly size?: number;
  readonly block?: number;
}

/** The only error class this package throws on bad input. Errors of the operating system pass through unchanged. */
export class MoveError extends Error {
  override readonly name = 'MoveError';
  readonly code: MoveErrorCode;
  readonly detail: MoveErrorDetail;

  constructor(
    code: MoveErrorCode,
    message: string,
    { detail = {}, cause }: { detail?: MoveErrorDetail; cause?: unknown } = {},
  ) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.detail = detail;
  }
}
