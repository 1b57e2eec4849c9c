import { codeOf } from '../base/errors.ts';
import { SECTOR } from '../base/sector.ts';
import { isZero } from '../base/zero.ts';
import type { KernelCalls } from '../kernel/kernel-calls.ts';
import { readFully } from '../source/read-fully.ts';
import { writeFully, writeZeros } from './write-fully.ts';

/** How a range of an output is made zero. Each method falls back to writing zeros where the system refuses it. */
export type ZeroMethod =
  /** Do nothing: the range was never written, so it is already a hole. Only for new files. */
  | 'hole'
  /** Free the range: a hole in a file, an unmapped range of a device. */
  | 'punch'
  /** Write zeros; a block device may do that itself (BLKZEROOUT). The range stays allocated. */
  | 'write'
  /** Report the range to the device as unused, then write zeros where it does not read as zeros. */
  | 'discard';

/** Makes `[offset, offset + length)` of one output read as zeros. */
export type Zeroer = (offset: number, length: number) => void;

/** The output that `zeroer` works on. */
export interface ZeroTarget {
  readonly fd: number;
  readonly isBlockDevice: boolean;
  readonly kernel: KernelCalls | undefined;
}

/** Bytes per read when a discarded range is checked for zeros. */
const CHECK_UNIT = 1 << 18;

/** Choose the calls that make zeros in one output. A call that the system refuses as unsupported is not made again. */
export function zeroer(method: ZeroMethod, { fd, isBlockDevice, kernel }: ZeroTarget): Zeroer {
  const write: Zeroer = (offset, length) => writeZeros(fd, offset, length);
  if (method === 'hole') return () => undefined;
  if (kernel === undefined) return write;
  if (!isBlockDevice) {
    return method === 'write' ? write : withFallback((offset, length) => kernel.punchHole(fd, offset, length), write);
  }
  const zeroOut = bySectors(
    withFallback((offset, length) => kernel.zeroOut(fd, offset, length), write),
    write,
  );
  if (method === 'write') return zeroOut;
  if (method === 'punch') {
    return bySectors(
      withFallback((offset, length) => kernel.punchHole(fd, offset, length), zeroOut),
      write,
    );
  }
  const discard = withFallback((offset, length) => {
    kernel.discard(fd, offset, length);
    writeWhereNotZero(fd, offset, length);
  }, zeroOut);
  return bySectors(discard, write);
}

/** Codes that mean "this call does not exist here", not "the disk is broken". */
const UNSUPPORTED = new Set(['EOPNOTSUPP', 'ENOTTY', 'EINVAL', 'ENOSYS', 'ENODEV', 'EPERM']);

/** Use `first` until it is refused as unsupported, then always `second`. */
function withFallback(first: Zeroer, second: Zeroer): Zeroer {
  let chosen = first;
  return (offset, length) => {
    try {
      chosen(offset, length);
    } catch (error) {
      if (chosen === second || !UNSUPPORTED.has(codeOf(error) ?? '')) throw error;
      chosen = second;
      second(offset, length);
    }
  };
}

/** Pass the whole sectors of a range to `whole`, and the partial sectors at both ends to `ends`. */
function bySectors(whole: Zeroer, ends: Zeroer): Zeroer {
  return (offset, length) => {
    const from = Math.ceil(offset / SECTOR) * SECTOR;
    const to = Math.floor((offset + length) / SECTOR) * SECTOR;
    if (from >= to) return ends(offset, length);
    if (from > offset) ends(offset, from - offset);
    whole(from, to - from);
    if (offset + length > to) ends(to, offset + length - to);
  };
}

function writeWhereNotZero(fd: number, offset: number, length: number): void {
  const buffer = new Uint8Array(Math.min(CHECK_UNIT, length));
  for (let at = offset; at < offset + length; at += CHECK_UNIT) {
    const bytes = buffer.subarray(0, Math.min(CHECK_UNIT, offset + length - at));
    readFully(fd, bytes, at);
    if (!isZero(bytes)) writeFully(fd, bytes.fill(0), at);
  }
}
