import { closeSync, constants, openSync } from 'node:fs';
import { readFully } from './read-fully.ts';
import type { Source } from './types.ts';

/** Alignment of offset, length and memory that every disk accepts for O_DIRECT. */
const ALIGN = 4096;
const WASM_PAGE = 1 << 16;

/**
 * Read an open file or device from the medium, around the page cache (O_DIRECT), which a block device needs where one
 * bad sector fails a whole cached folio, and which verifying needs to see what was really written.
 *
 * The buffer is WebAssembly memory: the only bytes that both runtimes place at a page boundary.
 *
 * @param fd the descriptor of the same file, which stays the caller's
 * @throws system errors: EINVAL where the file system knows no direct reads
 */
export function openDirectSource(fd: number, size: number): Source & Disposable {
  const direct = openSync(`/proc/self/fd/${fd}`, constants.O_RDONLY | constants.O_DIRECT);
  let buffer = alignedBytes(WASM_PAGE);
  return {
    size,
    readAt(into, offset) {
      const from = offset - (offset % ALIGN);
      const end = Math.min(Math.ceil((offset + into.length) / ALIGN) * ALIGN, Math.ceil(size / 512) * 512);
      const length = Math.max(end, offset + into.length) - from;
      if (buffer.length < length) buffer = alignedBytes(length);
      readFully(direct, buffer.subarray(0, length), from);
      into.set(buffer.subarray(offset - from, offset - from + into.length));
    },
    [Symbol.dispose]: () => closeSync(direct),
  };
}

function alignedBytes(length: number): Uint8Array {
  const pages = Math.ceil(length / WASM_PAGE);
  return new Uint8Array(new WebAssembly.Memory({ initial: pages, maximum: pages }).buffer);
}
