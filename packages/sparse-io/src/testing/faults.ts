import { type ByteRange, rangesOverlap } from '../base/byte-range.ts';
import { systemError } from '../base/errors.ts';
import type { Sink } from '../base/sink.ts';
import type { Source } from '../base/source.ts';

/** Ranges of bytes that fail, and the error they fail with. */
export interface Faults {
  readonly at: readonly ByteRange[];
  /** Error code. Default `EIO`. */
  readonly code?: string;
}

/** How a sink fails. */
export interface SinkFaults extends Partial<Faults> {
  /** `finish` fails with this code, like an fsync or close that reports a lost write. */
  readonly finish?: string;
  /** Bytes that fit into the output: a write past them is ENOSPC, and nothing of it is written. */
  readonly room?: number;
}

/** An error as node:fs throws it. */
export const injectedError = (code: string, syscall: string): Error =>
  systemError(code, `${code}: injected, ${syscall}`, { syscall });

/** A source whose reads fail where they touch a fault, like a disk with bad sectors. A failed read fills nothing. */
export function faultySource(source: Source, { at, code = 'EIO' }: Faults): Source {
  return {
    ...(source.extentAt && { extentAt: source.extentAt.bind(source) }),
    size: source.size,
    readAt(into, offset) {
      if (touches(at, offset, into.length)) throw injectedError(code, 'read');
      source.readAt(into, offset);
    },
  };
}

/** A sink that fails as described and otherwise passes every call to `sink`. */
export function faultySink(sink: Sink, { at = [], code = 'EIO', finish, room = Infinity }: SinkFaults): Sink {
  const check = (offset: number, length: number): void => {
    if (touches(at, offset, length)) throw injectedError(code, 'write');
    if (offset + length > room) throw injectedError('ENOSPC', 'write');
  };
  return {
    isSequential: sink.isSequential,
    writeAt(bytes, offset) {
      check(offset, bytes.length);
      sink.writeAt(bytes, offset);
    },
    zero(offset, length) {
      check(offset, length);
      sink.zero(offset, length);
    },
    skip: (offset, length) => sink.skip(offset, length),
    async finish(size) {
      if (finish !== undefined) throw injectedError(finish, 'fsync');
      await sink.finish(size);
    },
    abort: () => sink.abort(),
  };
}

const touches = (at: Faults['at'], offset: number, length: number): boolean =>
  at.some((fault) => rangesOverlap(fault, { offset, length }));
