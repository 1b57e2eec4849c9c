import { closeSync, constants, fstatSync, fsync, open, openSync, renameSync, rmSync, type Stats } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { codeOf, SparseError } from '../base/errors.ts';
import type { Sink } from '../base/sink.ts';
import type { KernelCalls } from '../kernel/kernel-calls.ts';
import { FileSink } from '../sink/file-sink.ts';
import type { ZeroMethod } from '../sink/zeroer.ts';
import { keepAttributes } from './keep-attributes.ts';

const fsyncAsync = promisify(fsync);
const openAsync = promisify(open);

/** How to make a partial file. */
export interface PartialFileOptions {
  /** The file to be replaced, whose owner, mode and attributes the new one gets; undefined when the name is new. */
  readonly replaces?: Stats | undefined;
  readonly kernel?: KernelCalls | undefined;
  /** How `zero` works. Default: `hole`, or `punch` where an earlier run may have written. */
  readonly zero?: ZeroMethod | undefined;
  /** Random letters for the name. */
  readonly letters: string;
  /** Path of the partial file instead of one with random letters; an existing one is continued, and `abort` keeps it. */
  readonly resume?: string | undefined;
}

/**
 * A new file that gets its final name only when it is complete.
 *
 * It is written under another name in the same folder. `finish` fixes the size, fsyncs, closes, renames it over the target
 * and fsyncs the folder. `abort` removes it, unless it was opened with `resume`. Until the rename the target is unchanged.
 */
export class PartialFile implements Sink, Disposable {
  readonly isSequential = false;
  /** The path of the file until `finish`. */
  readonly path: string;
  readonly fd: number;
  readonly #target: string;
  readonly #sink: FileSink;
  readonly #isKept: boolean;
  #state: 'open' | 'done' | 'aborted' = 'open';

  /**
   * @throws system errors: `EACCES`, `EROFS` ... where the folder does not allow a new file; SparseError SPARSE_NOT_OURS
   *   for a file to resume that belongs to another user or has other names
   */
  constructor(target: string, { replaces, kernel, letters, resume, zero }: PartialFileOptions) {
    this.#target = target;
    this.path = resume ?? join(dirname(target), `.partial-${letters}`);
    this.#isKept = resume !== undefined;
    // Another user could have made a link of a predictable name, to have another file overwritten.
    const access = resume === undefined ? constants.O_EXCL : constants.O_NOFOLLOW;
    this.fd = openSync(this.path, constants.O_RDWR | constants.O_CREAT | access, 0o600);
    if (resume !== undefined) refuseForeign(this.fd, this.path);
    this.#sink = new FileSink(this.fd, { zero: zero ?? (resume === undefined ? 'hole' : 'punch'), kernel });
    if (replaces !== undefined) keepAttributes(this.fd, target, replaces, kernel);
  }

  writeAt(bytes: Uint8Array, offset: number): void {
    this.#sink.writeAt(bytes, offset);
  }

  buffer(): Uint8Array | undefined {
    return this.#sink.buffer();
  }

  zero(offset: number, length: number): void {
    this.#sink.zero(offset, length);
  }

  skip(): void {}

  async finish(size: number): Promise<void> {
    await this.#sink.sync(size);
    await this.#sink.close();
    // A signal handler may have called `abort` meanwhile.
    if (this.#state !== 'open') return;
    renameSync(this.path, this.#target);
    this.#state = 'done';
    await syncFolder(dirname(this.#target));
  }

  abort(): void {
    if (this.#state !== 'open') return;
    this.#state = 'aborted';
    this.#sink.abort();
    if (this.#isKept) return;
    try {
      rmSync(this.path, { force: true });
    } catch {
      // The folder was removed or became read-only: there is nothing more to do.
    }
  }

  [Symbol.dispose](): void {
    this.abort();
  }
}

/** In a folder that all users may write, another user could have made this file, or given a second name to another one. */
function refuseForeign(fd: number, path: string): void {
  const stat = fstatSync(fd);
  if (stat.isFile() && stat.nlink === 1 && stat.uid === process.geteuid?.()) return;
  closeSync(fd);
  throw new SparseError('SPARSE_NOT_OURS', `${path} exists and is not a partial file of this user`);
}

/** Make a rename durable. A file system that answers EINVAL cannot sync a folder, and there is no other way. */
async function syncFolder(folder: string): Promise<void> {
  const fd = await openAsync(folder, 'r');
  try {
    await fsyncAsync(fd);
  } catch (error) {
    if (codeOf(error) !== 'EINVAL') throw error;
  } finally {
    closeSync(fd);
  }
}
