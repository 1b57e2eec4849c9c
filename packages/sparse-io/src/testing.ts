import type { Sink, Source } from './base/types.ts';

// biome-ignore lint/performance/noBarrelFile: "./testing" is a published entry, as index.ts is
export { MemorySink, memorySource, type SinkCall } from './base/memory.ts';
export { tempFolder } from './open/temp-folder.ts';

/** Ranges of bytes that fail, `[offset, offset + length)`, and with what. */
export interface Faults {
  readonly at: readonly { readonly offset: number; readonly length: number }[];
  /** Error code. Default `EIO`. */
  readonly code?: string;
}

/** An error as node:fs throws it. */
export function systemError(code: string, syscall: string): Error {
  return Object.assign(new Error(`${code}: injected, ${syscall}`), { code, syscall });
}

/** A source whose reads fail where they touch a fault, as a disk with bad sectors; nothing is read then. */
export function faultySource(source: Source, { at, code = 'EIO' }: Faults): Source {
  return {
    ...(source.extentAt && { extentAt: source.extentAt.bind(source) }),
    size: source.size,
    readAt(into, offset) {
      if (touches(at, offset, into.length)) throw systemError(code, 'read');
      source.readAt(into, offset);
    },
  };
}

/** How a sink may fail. */
export interface SinkFaults extends Partial<Faults> {
  /** `finish` fails with this code, as an fsync or close that reports a lost write. */
  readonly finish?: string;
  /** The output has room for so many bytes; a write beyond is ENOSPC after nothing was written. */
  readonly room?: number;
}

/** A sink that fails where it is told to, and else passes everything on. */
export function faultySink(sink: Sink, { at = [], code = 'EIO', finish, room = Infinity }: SinkFaults): Sink {
  const check = (offset: number, length: number): void => {
    if (touches(at, offset, length)) throw systemError(code, 'write');
    if (offset + length > room) throw systemError('ENOSPC', 'write');
  };
  return {
    sequential: sink.sequential,
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
      if (finish !== undefined) throw systemError(finish, 'fsync');
      await sink.finish(size);
    },
    abort: () => sink.abort(),
  };
}

function touches(at: Faults['at'], offset: number, length: number): boolean {
  return at.some((fault) => offset < fault.offset + fault.length && fault.offset < offset + length);
}
