import { Qcow2Error } from '../base/errors.ts';

/** Thrown where a layout needs more than one pass. */
export function cannotStream(why: string, hostOffset?: number): Qcow2Error {
  const message = `this image cannot be read from a stream, use a file: ${why}`;
  return new Qcow2Error('QCOW2_CANNOT_STREAM', message, { detail: hostOffset === undefined ? {} : { hostOffset } });
}

/** Thrown where a stream ends too early. */
export function truncated(what: string, hostOffset: number): Qcow2Error {
  return new Qcow2Error('QCOW2_TRUNCATED', `the stream ends before ${what} at host byte ${hostOffset}`, {
    detail: { hostOffset },
  });
}
