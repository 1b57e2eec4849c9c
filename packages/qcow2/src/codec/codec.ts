import { deflateRaw, deflateRawSync, inflateRaw, inflateRawSync } from 'node:zlib';
import { Qcow2Error } from '../base/errors.ts';
import { availableZstd, inflateFrames, loadZstd, type Zstd } from './zstd.ts';

/** How clusters are compressed: the two types the format knows. One image has one. */
export type CompressionType = 'zlib' | 'zstd';

/** Compresses and decompresses single clusters. Inputs are borrowed until the call returns or its promise settles. */
export interface Codec {
  readonly type: CompressionType;
  compressSync(cluster: Uint8Array): Uint8Array;
  /** As `compressSync`, on another thread where the runtime has one for it. */
  compress(cluster: Uint8Array): Promise<Uint8Array>;
  /**
   * Decompress the stream at the front of `span`; what follows it is ignored.
   *
   * @returns exactly `size` bytes, or undefined when the stream is damaged, ends early or holds more; never allocates
   *   more than `size` bytes, whatever the stream says
   */
  decompressSync(span: Uint8Array, size: number): Uint8Array | undefined;
  /** As `decompressSync`, on another thread where the runtime has one for it. */
  decompress(span: Uint8Array, size: number): Promise<Uint8Array | undefined>;
}

export interface CodecOptions {
  /** 1 to 9 for zlib (default 6), 1 to 22 for zstd (default 3). */
  readonly level?: number;
  /**
   * Reach of zlib matches, 2^n bytes: 9 to 15. Default 12 as QEMU: readers that inflate in pieces with that window
   * cannot take more. 15 makes images about a sixth smaller. Ignored for zstd, and for reading, which takes any.
   */
  readonly windowBits?: number;
}

/** Levels and windows that each type takes, both ends included. */
const LEVELS = { zlib: { least: 1, most: 9, usual: 6 }, zstd: { least: 1, most: 22, usual: 3 } } as const;
/** QEMU's window, see `CodecOptions.windowBits`. Source: qemu block/qcow2-threads.c, qcow2_zlib_compress. */
const WINDOW_BITS = 12;
/** Largest window of the deflate format: what a reader must allow for. */
const MAX_WINDOW_BITS = 15;
/** QEMU's, too: costs memory, saves bytes. */
const MEM_LEVEL = 9;
/** Room after the output, so that zlib notices in one call that it is done. */
const SLACK = 64;

/**
 * The codec of `type`, if it can be had at once: zlib always, zstd where the runtime has it or `loadCodec` was called.
 *
 * @throws RangeError for a level or window outside its range
 */
export function availableCodec(type: CompressionType, options: CodecOptions = {}): Codec | undefined {
  const level = checkLevel(type, options);
  if (type === 'zlib') return zlibCodec(level, checkWindow(options.windowBits ?? WINDOW_BITS));
  const zstd = availableZstd();
  return zstd === undefined ? undefined : zstdCodec(zstd, level);
}

/**
 * The codec of `type`; for zstd this loads the optional dependency where the runtime lacks it.
 *
 * @throws Qcow2Error QCOW2_UNSUPPORTED_CODEC when there is no zstd
 * @throws RangeError for a level or window outside its range
 */
export async function loadCodec(type: CompressionType, options: CodecOptions = {}): Promise<Codec> {
  if (type === 'zstd') await loadZstd();
  const codec = availableCodec(type, options);
  if (codec === undefined) {
    throw new Qcow2Error(
      'QCOW2_UNSUPPORTED_CODEC',
      'zstd: not in this runtime, and @bokuweb/zstd-wasm is not installed',
    );
  }
  return codec;
}

function checkLevel(type: CompressionType, { level }: CodecOptions): number {
  const { least, most, usual } = LEVELS[type];
  if (level === undefined) return usual;
  if (!Number.isInteger(level) || level < least || level > most) {
    throw new RangeError(`${type} level ${level} is not between ${least} and ${most}`);
  }
  return level;
}

function checkWindow(bits: number): number {
  if (!Number.isInteger(bits) || bits < 9 || bits > MAX_WINDOW_BITS) {
    throw new RangeError(`zlib window of ${bits} bits is not between 9 and ${MAX_WINDOW_BITS}`);
  }
  return bits;
}

/**
 * One call per cluster. Deflaters that are reset and used again save a quarter of the time with small clusters, but in
 * Bun 1.4.4 what one had before shows in what it makes (11 of 512 clusters differed): no size could be promised.
 */
function zlibCodec(level: number, windowBits: number): Codec {
  // One chunk holds a whole cluster even when it grows: by 5 bytes per 16 KiB block, and some.
  const options = (size: number) => ({
    level,
    windowBits,
    memLevel: MEM_LEVEL,
    chunkSize: size + Math.ceil(size / 1024) + SLACK,
  });
  return {
    type: 'zlib',
    compressSync: (cluster) => deflateRawSync(cluster, options(cluster.length)),
    compress: (cluster) =>
      new Promise((resolve, reject) => {
        deflateRaw(cluster, options(cluster.length), (error, result) => (error ? reject(error) : resolve(result)));
      }),
    decompressSync(span, size) {
      try {
        return exactly(inflateRawSync(span, inflateOptions(size)), size);
      } catch {
        // Garbage, a stream cut short, or one that does not end within `size`: the caller names the cluster.
        return undefined;
      }
    },
    decompress: (span, size) =>
      new Promise((resolve) => {
        inflateRaw(span, inflateOptions(size), (error, result) => resolve(error ? undefined : exactly(result, size)));
      }),
  };
}

function inflateOptions(size: number): { windowBits: number; maxOutputLength: number; chunkSize: number } {
  return { windowBits: MAX_WINDOW_BITS, maxOutputLength: size, chunkSize: size + SLACK };
}

function exactly(bytes: Uint8Array, size: number): Uint8Array | undefined {
  return bytes.length === size ? bytes : undefined;
}

function zstdCodec(zstd: Zstd, level: number): Codec {
  const decompressSync = (span: Uint8Array, size: number) => inflateFrames(zstd, span, size);
  return {
    type: 'zstd',
    compressSync: (cluster) => zstd.compressSync(cluster, level),
    compress: (cluster) => zstd.compress(cluster, level),
    decompressSync,
    // Decompressing zstd costs less than handing it to another thread and back.
    decompress: async (span, size) => decompressSync(span, size),
  };
}
