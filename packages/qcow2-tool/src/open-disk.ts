import { failed } from '@e2image/cli';
import { loadCodec, needsFile, openQcow2, type Qcow2Image, STREAM_HEAD_SIZE } from '@e2image/qcow2';
import { openInput, type Source, type SpoolOptions, spoolAll } from '@e2image/sparse-io';
import type { Format } from './convert-plan.ts';
import { type ChainRules, formatOf, openImage } from './open-image.ts';

/** What a command reads: a disk at any offset, or the bytes of an image or disk, once and in order. */
export type OpenedDisk =
  | { readonly kind: 'raw'; readonly disk: Source; readonly close: () => void }
  | { readonly kind: 'qcow2'; readonly disk: Qcow2Image; readonly close: () => void }
  | OpenedStream;

/** Bytes that come once and in order. */
export interface OpenedStream {
  readonly kind: 'stream';
  readonly format: Format;
  readonly bytes: AsyncIterable<Uint8Array>;
  /** An image that cannot be read as it comes. */
  readonly needsFile: boolean;
}

/**
 * Open a source.
 *
 * @param from the format; undefined: QCOW2 when it begins like that, else raw
 * @throws CliError CLI_FAILED with its name
 */
export async function openDisk(path: string, from: Format | undefined, rules: ChainRules): Promise<OpenedDisk> {
  try {
    const input = await openInput(path);
    if (input.kind === 'stream') {
      const { head, bytes } = await peek(input.bytes, STREAM_HEAD_SIZE);
      const format = from ?? formatOf(bytesSource(head));
      return { kind: 'stream', format, bytes, needsFile: format === 'qcow2' && needsFile(head) };
    }
    const { source, close } = input;
    if ((from ?? formatOf(source)) === 'raw') return { kind: 'raw', disk: source, close };
    close();
  } catch (error) {
    throw failed(error, `while trying to open ${path}`);
  }
  const { image, close } = await openImage(path, rules);
  return { kind: 'qcow2', disk: image, close };
}

/** Keep a stream in a temporary file, to be read at any offset. @throws system errors; Qcow2Error for an image */
export async function spoolDisk(
  { format, bytes }: OpenedStream,
  options: SpoolOptions,
): Promise<Exclude<OpenedDisk, { kind: 'stream' }>> {
  const spool = await spoolAll(bytes, options);
  const close = (): void => spool[Symbol.dispose]();
  try {
    if (format === 'raw') return { kind: 'raw', disk: spool.source(), close };
    // It has no folder, so no other file is opened.
    const disk = openQcow2(spool.source());
    if (disk.info.compressionType === 'zstd') await loadCodec('zstd');
    return { kind: 'qcow2', disk, close };
  } catch (error) {
    close();
    throw error;
  }
}

function bytesSource(bytes: Uint8Array): Source {
  return { size: bytes.length, readAt: (into, offset) => into.set(bytes.subarray(offset, offset + into.length)) };
}

/** The first bytes of a stream, and the whole of it. */
async function peek(
  bytes: AsyncIterable<Uint8Array>,
  length: number,
): Promise<{ readonly head: Uint8Array; readonly bytes: AsyncIterable<Uint8Array> }> {
  const iterator = bytes[Symbol.asyncIterator]();
  let head = new Uint8Array(0);
  while (head.length < length) {
    const next = await iterator.next();
    if (next.done === true) break;
    const longer = new Uint8Array(head.length + next.value.length);
    longer.set(head);
    longer.set(next.value, head.length);
    head = longer;
  }
  return { head, bytes: withHead(head, iterator) };
}

async function* withHead(head: Uint8Array, iterator: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    if (head.length > 0) yield head;
    for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) yield next.value;
  } finally {
    await iterator.return?.();
  }
}
