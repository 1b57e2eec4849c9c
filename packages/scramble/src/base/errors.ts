/** Every way this package can refuse. The codes are public API. */
export type ScrambleErrorCode =
  /** The key is shorter than 16 bytes. */
  'SCRAMBLE_KEY';

/** The only error class this package throws of its own; what ext-core and the source throw passes through. */
export class ScrambleError extends Error {
  override readonly name = 'ScrambleError';
  readonly code: ScrambleErrorCode;

  constructor(code: ScrambleErrorCode, message: string, { cause }: { readonly cause?: unknown } = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}
