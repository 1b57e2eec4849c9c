import type { ByteRange } from '../base/byte-range.ts';
import { codeOf, isSparseError } from '../base/errors.ts';
import type { Source } from '../base/source.ts';

/** Bytes that could not be read. */
export interface BadRange extends ByteRange {
  /** The error of the read. */
  readonly error: unknown;
}

/** How to treat bytes that cannot be read. */
export interface IsolateOptions {
  /** Bytes per block: the unit that is read alone and, when that fails, lost as a whole. */
  readonly blockSize: number;
  /** Called once for each lost block, after its bytes were filled with zeros. */
  readonly onBad: (range: BadRange) => void;
  /**
   * Another source of the same bytes, read for a block that failed: a device around the page cache, which fails a whole
   * folio for one sector. See `openDirectSource`.
   */
  readonly around?: Source | undefined;
}

/** Codes of a medium that lost bytes or ended early. Any other error (EBADF, EACCES ...) concerns the whole source. */
const UNREADABLE = new Set([
  'EIO',
  'EILSEQ',
  'EBADMSG',
  'ENODATA',
  'EREMOTEIO',
  'ETIMEDOUT',
  'ENXIO',
  'EUCLEAN',
  'SPARSE_SHORT_READ',
]);

/** EBADMSG and EUCLEAN, for which libuv has no name: Node calls them UNKNOWN. Source: asm-generic/errno.h. */
const UNNAMED = new Set([74, 117]);

/** True for an error that concerns only the bytes of one read, not the whole source. */
export function isUnreadable(error: unknown): boolean {
  const code = codeOf(error);
  if (code !== 'UNKNOWN') return UNREADABLE.has(code ?? '');
  return typeof error === 'object' && error !== null && 'errno' in error && UNNAMED.has(Math.abs(Number(error.errno)));
}

/**
 * A source that survives bad blocks: a failed read is repeated block by block, and each block that still fails reads as
 * zeros and is reported. The block in which the source ends keeps the bytes before the end.
 */
export function isolateErrors(source: Source, options: IsolateOptions): Source {
  return {
    size: source.size,
    ...(source.extentAt && { extentAt: source.extentAt.bind(source) }),
    ...(source.file && { file: source.file }),
    readAt(into, offset) {
      try {
        source.readAt(into, offset);
      } catch (error) {
        if (!isUnreadable(error)) throw error;
        readBlockByBlock(source, into, offset, options);
      }
    },
  };
}

function readBlockByBlock(source: Source, into: Uint8Array, offset: number, options: IsolateOptions): void {
  for (let at = 0; at < into.length; ) {
    const length = Math.min(into.length - at, options.blockSize - ((offset + at) % options.blockSize));
    readBlock(source, into.subarray(at, at + length), offset + at, options);
    at += length;
  }
}

function readBlock(source: Source, block: Uint8Array, offset: number, { around, onBad }: IsolateOptions): void {
  const error = failureOf(source, block, offset);
  if (error === undefined) return;
  if (around !== undefined && failureOf(around, block, offset) === undefined) return;
  const kept = isSparseError(error) ? Math.max(0, (error.detail.offset ?? offset) - offset) : 0;
  block.fill(0, kept);
  onBad({ offset, length: block.length, error });
}

/** Read one block. @returns the error, undefined when it was read */
function failureOf(source: Source, block: Uint8Array, offset: number): unknown {
  try {
    source.readAt(block, offset);
    return undefined;
  } catch (error) {
    if (!isUnreadable(error)) throw error;
    return error;
  }
}
