/**
 * The message of an error of a source. Rethrows errors without a code, which are bugs, and ENODEV: the device is gone,
 * and its blocks are not bad.
 *
 * @throws the error itself if it has no code, or the code ENODEV
 */
export function ioFailure(error: unknown): string {
  if (typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string') {
    if (error.code === 'ENODEV') throw error;
    return 'message' in error ? String(error.message) : error.code;
  }
  throw error;
}
