const WASM_PAGE = 1 << 16;
/** Bytes of a page, and what every disk is content with for O_DIRECT: offsets, lengths and memory are multiples. */
export const PAGE = 4096;

const made = new WeakSet<ArrayBufferLike>();

/**
 * Zeroed bytes that begin at a page boundary, as O_DIRECT wants them: WebAssembly memory is the only one that both
 * runtimes place there. Where there is no address space for it (`ulimit -v`) they are ordinary bytes.
 *
 * @param length bytes; the array is so long, rounded up to 64 KiB
 */
export function pageMemory(length: number): Uint8Array {
  const pages = Math.ceil(length / WASM_PAGE);
  try {
    const { buffer } = new WebAssembly.Memory({ initial: pages, maximum: pages });
    made.add(buffer);
    return new Uint8Array(buffer);
  } catch {
    return new Uint8Array(pages * WASM_PAGE);
  }
}

/** Whether `bytes` are known to begin at a page boundary: a part of what `pageMemory` gave. */
export function isPageAligned(bytes: Uint8Array): boolean {
  return bytes.byteOffset % PAGE === 0 && made.has(bytes.buffer);
}
