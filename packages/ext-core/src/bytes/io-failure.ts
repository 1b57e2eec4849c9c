/**
 * What an error of a source says. Errors without a code are bugs, and go on their way; so does that of a device which is
 * not there any more: its blocks are not bad.
 *
 * @throws the error itself when it has no code, or ENODEV
 */
export function ioFailure(error: unknown): string {
  if (typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string') {
    if (error.code === 'ENODEV') throw error;
    return 'message' in error ? String(error.message) : error.code;
  }
  throw error;
}
