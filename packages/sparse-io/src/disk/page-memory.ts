import { codeOf } from '../base/errors.ts';
import type { KernelCalls } from '../kernel/kernel-calls.ts';

const WASM_PAGE = 1 << 16;
/** Bytes of a page, and what every disk is content with for O_DIRECT: offsets, lengths and memory are multiples. */
export const PAGE = 4096;

const made = new WeakSet<ArrayBufferLike>();

/**
 * Zeroed bytes that begin at a page boundary, as O_DIRECT wants them: WebAssembly memory is the only one that both
 * runtimes place there. Where there is no address space for it (`ulimit -v`) they are ordinary bytes.
 *
 * @param length bytes; the array is so long, rounded up to 64 KiB
 * @param kernel where given, huge pages are asked for: pinning small ones is a quarter of what direct I/O costs
 */
export function pageMemory(length: number, kernel?: Pick<KernelCalls, 'preferHugePages'>): Uint8Array {
  const pages = Math.ceil(length / WASM_PAGE);
  const buffer = wasmBytes(pages);
  if (buffer === undefined) return new Uint8Array(pages * WASM_PAGE);
  made.add(buffer);
  const bytes = new Uint8Array(buffer);
  if (kernel !== undefined) wishHugePages(bytes, kernel);
  return bytes;
}

function wasmBytes(pages: number): ArrayBuffer | undefined {
  try {
    return new WebAssembly.Memory({ initial: pages, maximum: pages }).buffer;
  } catch {
    return undefined;
  }
}

/** A kernel that has no huge pages says EINVAL, and small ones do. */
function wishHugePages(bytes: Uint8Array, kernel: Pick<KernelCalls, 'preferHugePages'>): void {
  try {
    kernel.preferHugePages(bytes);
  } catch (error) {
    if (codeOf(error) === undefined) throw error;
  }
}

/** Whether address and length of `bytes` are known to be multiples of `unit`, which divides 4,096. */
export const isAligned = (bytes: Uint8Array, unit: number): boolean =>
  bytes.byteOffset % unit === 0 && bytes.length % unit === 0 && made.has(bytes.buffer);
