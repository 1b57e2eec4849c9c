import * as zlib from 'node:zlib';
import { type ZstdFrame, zstdFrame } from './zstd-frame.ts';

/** The one-shot calls that every zstd implementation has. Inputs are borrowed for the call, results are the caller's. */
export interface Zstd {
  compressSync(bytes: Uint8Array, level: number): Uint8Array;
  compress(bytes: Uint8Array, level: number): Promise<Uint8Array>;
  /** Decompress exactly one frame to at most `limit` bytes, or throw. */
  decompressSync(frame: Uint8Array, limit: number): Uint8Array;
}

/** What a decoder may be made to allocate: the largest cluster is 2 MiB, level 22 asks for 128 MiB on long inputs. */
const MAX_WINDOW = 1 << 27;
/** Frames decompressed for one cluster: a span has room for thousands of empty ones, each a call of its own. */
const MAX_FRAMES = 64;
/** `ZSTD_c_compressionLevel` of zstd.h. Not in the types of Node 20, whose zlib has no zstd. */
const COMPRESSION_LEVEL = 100;
/** The optional dependency for runtimes without zstd. A variable, so that no bundler takes the WASM in. */
const WASM_PACKAGE = '@bokuweb/zstd-wasm';

let wasm: Zstd | undefined;

/** The zstd at hand: the runtime's own (Node 22.15 on, Bun), or the WASM one after `loadZstd`; else undefined. */
export function availableZstd(): Zstd | undefined {
  return builtIn ?? wasm;
}

/**
 * The zstd of the runtime, else the optional dependency, which is loaded on the first call.
 *
 * @returns undefined when neither is there
 */
export async function loadZstd(): Promise<Zstd | undefined> {
  if (builtIn !== undefined || wasm !== undefined) return builtIn ?? wasm;
  wasm = await loadWasm();
  return wasm;
}

/**
 * Decompress the frames at the front of `bytes` until they have yielded `size` bytes. Later bytes are ignored.
 * One frame is what every writer makes; QEMU accepts several, with skippable ones between.
 *
 * @returns undefined when the frames are damaged, end early, hold more than `size` bytes, or are more than `MAX_FRAMES`
 */
export function inflateFrames(zstd: Zstd, bytes: Uint8Array, size: number): Uint8Array | undefined {
  let whole: Uint8Array | undefined;
  let filled = 0;
  let frames = 0;
  for (let offset = 0; filled < size; ) {
    const frame = zstdFrame(bytes, offset);
    if (frame === undefined) return undefined;
    if (!frame.isSkippable) {
      frames++;
      if (frames > MAX_FRAMES) return undefined;
      const part = inflateFrame(zstd, frame, bytes.subarray(offset, offset + frame.length), size - filled);
      if (part === undefined) return undefined;
      if (part.length === size) return part;
      whole ??= new Uint8Array(size);
      whole.set(part, filled);
      filled += part.length;
    }
    offset += frame.length;
  }
  return whole;
}

function inflateFrame(zstd: Zstd, frame: ZstdFrame, bytes: Uint8Array, limit: number): Uint8Array | undefined {
  if (frame.windowSize > MAX_WINDOW || (frame.contentSize ?? 0) > limit) return undefined;
  try {
    const part = zstd.decompressSync(bytes, limit);
    return part.length > limit ? undefined : part;
  } catch {
    // Each implementation has its own errors for damaged input; the caller reports which cluster it was.
    return undefined;
  }
}

type AnyFunction = (...args: readonly unknown[]) => unknown;

function isFunction(value: unknown): value is AnyFunction {
  return typeof value === 'function';
}

function expectBytes(value: unknown): Uint8Array {
  if (!(value instanceof Uint8Array)) throw new TypeError('zstd gave no bytes');
  return value;
}

const builtIn = findBuiltIn(zlib);

function findBuiltIn(library: object): Zstd | undefined {
  const compress: unknown = Reflect.get(library, 'zstdCompress');
  const compressSync: unknown = Reflect.get(library, 'zstdCompressSync');
  const decompressSync: unknown = Reflect.get(library, 'zstdDecompressSync');
  if (!isFunction(compress) || !isFunction(compressSync) || !isFunction(decompressSync)) return undefined;
  const params = (level: number) => ({ params: { [COMPRESSION_LEVEL]: level } });
  return {
    compressSync: (bytes, level) => expectBytes(compressSync(bytes, params(level))),
    compress: (bytes, level) =>
      new Promise((resolve, reject) => {
        compress(bytes, params(level), (error: unknown, result: unknown) =>
          error ? reject(error) : resolve(expectBytes(result)),
        );
      }),
    decompressSync: (frame, limit) => expectBytes(decompressSync(frame, { maxOutputLength: limit })),
  };
}

async function loadWasm(): Promise<Zstd | undefined> {
  const library = await import(WASM_PACKAGE).catch(() => undefined);
  const init: unknown = library?.init;
  const compress: unknown = library?.compress;
  const decompress: unknown = library?.decompress;
  if (!isFunction(init) || !isFunction(compress) || !isFunction(decompress)) return undefined;
  await init();
  return {
    compressSync: (bytes, level) => expectBytes(compress(bytes, level)),
    compress: async (bytes, level) => expectBytes(compress(bytes, level)),
    // The heap size counts where the frame does not name its content's; where it does, the caller has checked it.
    decompressSync: (frame, limit) => expectBytes(decompress(frame, { defaultHeapSize: limit })),
  };
}
