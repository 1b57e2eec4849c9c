import { failed, inputName } from '@e2image/cli';
import { type OpenDisk, type Qcow2Disk, type RawDisk, recogniseDisk } from '@e2image/disk-image';
import { isQcow2, needsFile, STREAM_HEAD_SIZE } from '@e2image/qcow2';
import { openInput, type SpoolOptions, spoolAll } from '@e2image/sparse-io';
import type { Format } from './convert-plan.ts';
import type { ImageRules } from './open-image.ts';

/** What a command reads: a disk at any offset, or the bytes of an image or disk, once and in order. */
export type ReadDisk = RawDisk | Qcow2Disk | StreamedDisk;

/** Bytes that come once and in order. */
export interface StreamedDisk {
  readonly format: Format;
  readonly bytes: AsyncIterable<Uint8Array>;
  /** An image that cannot be read as it comes. */
  readonly needsFile: boolean;
}

/** Whether a source must be read in order. */
export const isStreamed = (disk: ReadDisk): disk is StreamedDisk => 'bytes' in disk;

/**
 * Open what is read. A pipe is not spooled.
 *
 * @param from the format; undefined: QCOW2 when it begins like that, else raw
 * @throws CliError CLI_FAILED with its name
 */
export async function openReadDisk(path: string, from: Format | undefined, rules: ImageRules): Promise<ReadDisk> {
  try {
    const input = await openInput(path);
    if (input.kind === 'source') {
      const file = { ...input, path: path === '-' ? undefined : path };
      return await recogniseDisk(file, { format: from, chain: rules });
    }
    const { head, bytes } = await peek(input.bytes, STREAM_HEAD_SIZE);
    const format = from ?? (isQcow2(head) ? 'qcow2' : 'raw');
    return { format, bytes, needsFile: format === 'qcow2' && needsFile(head) };
  } catch (error) {
    throw failed(error, `while trying to open ${inputName(path)}`);
  }
}

/** Keep a stream in a temporary file, to be read at any offset. @throws system errors; Qcow2Error for an image */
export async function spoolDisk({ format, bytes }: StreamedDisk, options: SpoolOptions): Promise<OpenDisk> {
  const spool = await spoolAll(bytes, options);
  // It has no folder, so no other file is opened.
  return recogniseDisk({ source: spool.source(), close: () => spool[Symbol.dispose]() }, { format });
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
