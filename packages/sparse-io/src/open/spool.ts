import { closeSync, constants, ftruncateSync, openSync, unlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { codeOf, SparseError } from '../base/errors.ts';
import { isZero } from '../base/zero.ts';
import { writeFully } from '../sink/write-fully.ts';
import { FileSource } from '../source/file-source.ts';
import { randomLetters } from './random-letters.ts';

/** Where a spool is stored. */
export interface SpoolOptions {
  /** Folder. Default: os.tmpdir(), which uses $TMPDIR. */
  readonly folder?: string;
}

/** Flag of open(2) for a file in a folder, without a name. Source: asm-generic/fcntl.h. */
const O_TMPFILE = 0o20000000 | constants.O_DIRECTORY;
/** Errors of a kernel or file system that does not support such files. */
const NO_TMPFILE: ReadonlySet<string> = new Set(['ENOTSUP', 'EOPNOTSUPP', 'EISDIR', 'EINVAL', 'ENOSYS']);

/**
 * A temporary file without a name, so that nothing remains however the program ends. Where the file system does not
 * support that, the name is removed right after the file is opened. For input that cannot seek and must be read twice.
 */
export class Spool implements Disposable {
  readonly fd: number;
  readonly folder: string;
  #size = 0;
  #open = true;

  /** @throws system errors: the folder is missing, read-only or full */
  constructor({ folder = tmpdir() }: SpoolOptions = {}) {
    this.folder = folder;
    this.fd = openNameless(folder) ?? openUnlinked(folder);
  }

  /** Bytes appended so far. */
  get size(): number {
    return this.#size;
  }

  /**
   * Add bytes at the end. Arrays of zeros take no space: an image of an empty disk may be far larger than the folder.
   *
   * @throws SparseError SPARSE_SPOOL_FULL when the folder's file system is full
   */
  append(bytes: Uint8Array): void {
    try {
      if (!isZero(bytes)) writeFully(this.fd, bytes, this.#size);
    } catch (error) {
      const code = codeOf(error);
      if (code !== 'ENOSPC' && code !== 'EDQUOT' && code !== 'EFBIG') throw error;
      throw new SparseError('SPARSE_SPOOL_FULL', `the spool in ${this.folder} is full after ${this.#size} bytes`, {
        detail: { offset: this.#size },
        cause: error,
      });
    }
    this.#size += bytes.length;
  }

  /** The appended bytes, readable at any offset. Valid until the spool is disposed; appending more needs a new source. */
  source(): FileSource {
    ftruncateSync(this.fd, this.#size);
    return FileSource.over(this.fd);
  }

  [Symbol.dispose](): void {
    if (this.#open) closeSync(this.fd);
    this.#open = false;
  }
}

/** @returns undefined where files without a name are not supported */
function openNameless(folder: string): number | undefined {
  if (process.platform !== 'linux') return undefined;
  try {
    return openSync(folder, O_TMPFILE | constants.O_RDWR | constants.O_EXCL, 0o600);
  } catch (error) {
    if (NO_TMPFILE.has(codeOf(error) ?? '')) return undefined;
    throw error;
  }
}

function openUnlinked(folder: string): number {
  const path = join(folder, `.spool-${randomLetters(16)}`);
  const fd = openSync(path, 'wx+', 0o600);
  unlinkSync(path);
  return fd;
}

/**
 * Write all bytes of a stream to a new spool.
 *
 * @param onProgress called with the bytes so far
 * @throws what `input` throws; SparseError SPARSE_SPOOL_FULL. The spool is disposed then.
 */
export async function spoolAll(
  input: AsyncIterable<Uint8Array>,
  { onProgress, ...options }: SpoolOptions & { readonly onProgress?: (done: number) => void } = {},
): Promise<Spool> {
  const spool = new Spool(options);
  try {
    for await (const bytes of input) {
      spool.append(bytes);
      onProgress?.(spool.size);
    }
    return spool;
  } catch (error) {
    spool[Symbol.dispose]();
    throw error;
  }
}
