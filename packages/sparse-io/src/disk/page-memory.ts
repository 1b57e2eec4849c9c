import { codeOf } from '../base/errors.ts';
import type { KernelCalls } from '../kernel/kernel-calls.ts';

const WASM_PAGE = 1 << 16;
/** Bytes of a page. Every disk accepts offsets, lengths and memory addresses that are multiples of it for O_DIRECT. */
export const PAGE = 4096;

/** The buffers of all page memory: the only ones whose alignment is known. */
const aligned = new WeakSet<ArrayBufferLike>();

/**
 * Zeroed bytes that begin at a page boundary, as O_DIRECT requires. WebAssembly memory is the only kind that both
 * runtimes align so. Without address space for it (`ulimit -v`) the bytes are ordinary ones.
 *
 * @param length bytes; the array has this length, rounded up to 64 KiB
 * @param kernel if given, huge pages are requested: pinning small ones is a quarter of the cost of direct I/O
 */
export function pageMemory(length: number, kernel?: Pick<KernelCalls, 'preferHugePages'>): Uint8Array {
  const pages = Math.ceil(length / WASM_PAGE);
  const buffer = wasmBytes(pages);
  if (buffer === undefined) return new Uint8Array(pages * WASM_PAGE);
  aligned.add(buffer);
  const bytes = new Uint8Array(buffer);
  if (kernel !== undefined) requestHugePages(bytes, kernel);
  return bytes;
}

function wasmBytes(pages: number): ArrayBuffer | undefined {
  try {
    return new WebAssembly.Memory({ initial: pages, maximum: pages }).buffer;
  } catch {
    return undefined;
  }
}

/** A kernel without huge pages answers EINVAL; small pages work, too. */
function requestHugePages(bytes: Uint8Array, kernel: Pick<KernelCalls, 'preferHugePages'>): void {
  try {
    kernel.preferHugePages(bytes);
  } catch (error) {
    if (codeOf(error) === undefined) throw error;
  }
}

/** Whether address and length of `bytes` are known to be multiples of `unit`, which divides 4,096. */
export const isAligned = (bytes: Uint8Array, unit: number): boolean =>
  bytes.byteOffset % unit === 0 && bytes.length % unit === 0 && aligned.has(bytes.buffer);
