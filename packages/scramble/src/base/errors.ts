/** Why this package refuses to work. The codes are public API. */
export type ScrambleErrorCode =
  /** The key is shorter than 16 bytes. */
  'SCRAMBLE_KEY';

/** The only error class of this package. Errors of ext-core and of the source pass through unchanged. */
export class ScrambleError extends Error {
  override readonly name = 'ScrambleError';
  readonly code: ScrambleErrorCode;

  constructor(code: ScrambleErrorCode, message: string, { cause }: { readonly cause?: unknown } = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}
