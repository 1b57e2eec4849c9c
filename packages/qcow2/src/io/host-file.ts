import { Qcow2Error, type Qcow2ErrorDetail } from '../base/errors.ts';
import { ask, type Steps } from '../base/steps.ts';

/** A source of either kind, as the steps see it: the driver of the steps awaits what `readAt` returns. */
export interface AnySource {
  readonly size: number;
  readAt(into: Uint8Array, offset: number, signal?: AbortSignal): unknown;
}

/** A file that an image consists of, and how to take its end. */
export interface HostFile {
  readonly source: AnySource;
  /** In messages: `image`, `data file`, `backing file`. */
  readonly name: string;
  /** Whether bytes past the file's end are an error, or read as zeros as in QEMU. */
  readonly truncated: 'error' | 'zeros';
}

/** What is being read, for the message of a failure. */
export interface ReadPurpose {
  readonly what: string;
  readonly detail?: Qcow2ErrorDetail;
  /**
   * Set for guest data: the file may end inside the last cluster of this size, whose rest then reads as zeros. That is
   * legal there; of a table it would be a lost half.
   */
  readonly clusterSize?: number;
}

/**
 * Fill `into` from host byte `offset` of `file`.
 *
 * @throws Qcow2Error QCOW2_TRUNCATED when the range reaches beyond the file's end
 */
export function* readHost(file: HostFile, into: Uint8Array, offset: number, purpose: ReadPurpose): Steps<void> {
  const { source } = file;
  const present = Math.min(into.length, Math.max(0, source.size - offset));
  if (present < into.length) {
    checkEnd(file, offset, into.length, purpose);
    into.fill(0, present);
  }
  if (present === 0) return;
  const wanted = present === into.length ? into : into.subarray(0, present);
  yield (signal) => source.readAt(wanted, offset, signal);
}

/** Judge a range that reaches beyond the file's end. @throws Qcow2Error QCOW2_TRUNCATED */
export function checkEnd(file: HostFile, offset: number, length: number, purpose: ReadPurpose): void {
  const { size } = file.source;
  if (offset + length <= size || file.truncated === 'zeros') return;
  const lastCluster = Math.floor((offset + length - 1) / (purpose.clusterSize ?? 1)) * (purpose.clusterSize ?? 1);
  if (purpose.clusterSize !== undefined && lastCluster < size) return;
  const message = `${purpose.what} at byte ${offset} is beyond the ${file.name}'s end at ${size}`;
  throw new Qcow2Error('QCOW2_TRUNCATED', message, { detail: { hostOffset: offset, length, ...purpose.detail } });
}

/**
 * Read a table whose size a header names. The file's length is compared first, so that no number in an image makes
 * the reader allocate more than the image has.
 *
 * @throws Qcow2Error QCOW2_TRUNCATED
 */
export function* readTable(file: HostFile, length: number, offset: number, purpose: ReadPurpose): Steps<Uint8Array> {
  checkEnd(file, offset, length, purpose);
  const bytes = new Uint8Array(length);
  yield* readHost(file, bytes, offset, purpose);
  return bytes;
}

/** Read the first `length` bytes, or as many as there are. */
export function* readFront(source: AnySource, length: number): Steps<Uint8Array> {
  const bytes = new Uint8Array(Math.min(length, source.size));
  if (bytes.length > 0) yield* ask((signal) => source.readAt(bytes, 0, signal));
  return bytes;
}
