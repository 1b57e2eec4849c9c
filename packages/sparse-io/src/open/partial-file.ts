import { closeSync, constants, fstatSync, fsync, open, openSync, renameSync, rmSync, type Stats } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { codeOf, SparseError } from '../base/errors.ts';
import type { Sink } from '../base/types.ts';
import type { KernelCalls } from '../kernel/kernel-calls.ts';
import { FileSink } from '../sink/file-sink.ts';
import type { ZeroMethod } from '../sink/zero-range.ts';
import { keepAttributes } from './keep-attributes.ts';

const fsyncAsync = promisify(fsync);
const openAsync = promisify(open);

/** How to make a partial file. */
export interface PartialFileOptions {
  /** The file that the output replaces, whose owner, mode and attributes it takes; undefined when the name is new. */
  readonly replaces?: Stats | undefined;
  readonly kernel?: KernelCalls | undefined;
  /** How `zero` works. Default: a hole, or punched where an earlier run may have written. */
  readonly zero?: ZeroMethod | undefined;
  /** Random letters for the name. */
  readonly letters: string;
  /** Path of the partial file instead of one with random letters; an existing one is continued, and `abort` keeps it. */
  readonly resume?: string | undefined;
}

/**
 * A new file that gets its final name only when it is whole.
 *
 * It is written under a name of its own in the same folder; `finish` fixes the size, fsyncs, closes, renames it over
 * the target and fsyncs the folder. `abort` removes it (unless it was opened to be resumed): under the final name stays what was there before.
 */
export class PartialFile implements Sink, Disposable {
  readonly sequential = false;
  /** Where the bytes are until `finish`. */
  readonly path: string;
  readonly fd: number;
  readonly #target: string;
  readonly #sink: FileSink;
  readonly #isKept: boolean;
  #state: 'open' | 'done' | 'aborted' = 'open';

  /**
   * @throws system errors: `EACCES`, `EROFS` ... where the folder does not allow a new file; SparseError SPARSE_NOT_OURS
   *   for a file to resume that somebody else owns, or that has other names
   */
  constructor(target: string, { replaces, kernel, letters, resume, zero }: PartialFileOptions) {
    this.#target = target;
    this.path = resume ?? join(dirname(target), `.partial-${letters}`);
    this.#isKept = resume !== undefined;
    // A name that can be foreseen must not lead elsewhere by a link that somebody put there.
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
    // A signal may have aborted it meanwhile.
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
      // The folder went away or turned read-only: nothing is left that could be done about it.
    }
  }

  [Symbol.dispose](): void {
    this.abort();
  }
}

/** In a folder for all somebody could have put a file of their own there, or a second name of another. */
function refuseForeign(fd: number, path: string): void {
  const stat = fstatSync(fd);
  if (stat.isFile() && stat.nlink === 1 && stat.uid === process.geteuid?.()) return;
  closeSync(fd);
  throw new SparseError('SPARSE_NOT_OURS', `${path} is there already and is no partial file of this user`);
}

/** Make a rename durable. Some file systems cannot sync a folder and say EINVAL: theirs is durable or never will be. */
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
