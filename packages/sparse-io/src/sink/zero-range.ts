import { codeOf } from '../base/errors.ts';
import { isZero } from '../base/zero.ts';
import type { KernelCalls } from '../kernel/kernel-calls.ts';
import { readFully } from '../source/read-fully.ts';
import { writeFully, writeZeros } from './write-fully.ts';

/** How a range of an output is made zero. Each way falls back to writing zeros where the system refuses it. */
export type ZeroMethod =
  /** Do nothing: the range was never written, it is a hole already. Only for new files. */
  | 'hole'
  /** Free the range: a hole in a file, an unmapped range of a device. */
  | 'punch'
  /** Write zeros; on a block device the device may do that by itself (BLKZEROOUT). The range stays allocated. */
  | 'write'
  /** Tell a device that the range is unused, then write zeros where it does not read as zeros. */
  | 'discard';

/** Makes `[offset, offset + length)` of one output read as zeros. */
export type Zeroer = (offset: number, length: number) => void;

/** What `zeroer` works on. */
export interface ZeroTarget {
  readonly fd: number;
  readonly isBlockDevice: boolean;
  readonly kernel: KernelCalls | undefined;
}

const SECTOR = 512;
/** Bytes read at once to look whether a discarded range is zero. */
const LOOK = 1 << 18;

/** Choose, once per output, how zeros are made. */
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

/** Codes that say "this call does not exist here", not "the disk is broken". */
const UNSUPPORTED = new Set(['EOPNOTSUPP', 'ENOTTY', 'EINVAL', 'ENOSYS', 'ENODEV', 'EPERM']);

/** Use `first` until it is refused as unsupported; from then on `second`. */
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

/** Give whole sectors to `whole` and the ends that are none to `ends`. */
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
  const buffer = new Uint8Array(Math.min(LOOK, length));
  for (let at = offset; at < offset + length; at += LOOK) {
    const bytes = buffer.subarray(0, Math.min(LOOK, offset + length - at));
    readFully(fd, bytes, at);
    if (!isZero(bytes)) writeFully(fd, bytes.fill(0), at);
  }
}
