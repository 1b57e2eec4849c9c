import { closeSync, constants, fdatasyncSync, fstatSync, fsyncSync, ftruncateSync, openSync } from 'node:fs';
import { codeOf, printable } from '@e2image/cli';
import {
  type DirectFile,
  FileSource,
  isAligned,
  type KernelCalls,
  loadKernelCalls,
  openDirectFile,
  openDirectSource,
  pageMemory,
  type Source,
  writeFully,
} from '@e2image/sparse-io';
import { MoveError } from '../base/errors.ts';
import { type Range, SECTOR } from './geometry.ts';
import type { Storage } from './storage.ts';

/** Bytes of one write of zeros or of one rewrite. */
const UNIT = 1024 * 1024;

/** An open file or block device: the device of a move, or the file of a record. Owns its descriptor. */
export class DeviceFile implements Storage, Disposable {
  readonly fd: number;
  readonly path: string;
  readonly isBlockDevice: boolean;
  #source: FileSource;
  #around: (Source & Disposable) | undefined;
  /** Undefined until it is needed; null if the file has no direct I/O. */
  #direct: DirectFile | null | undefined;

  private constructor(fd: number, path: string) {
    this.fd = fd;
    this.path = path;
    this.#source = FileSource.over(fd);
    this.isBlockDevice = this.#source.isBlockDevice;
  }

  /**
   * Open the device of a move. A block device is held: nothing else can mount or hold it meanwhile.
   *
   * @param isReadOnly open it for reading only, as nothing will be written
   * @throws MoveError MOVE_IN_USE, MOVE_NOT_A_DEVICE; system errors (`EROFS`, `EACCES` ...)
   */
  static open(path: string, { isReadOnly }: { readonly isReadOnly: boolean }): DeviceFile {
    // Without O_CREAT, O_EXCL means "hold it" for block devices, and nothing for files (open(2)).
    const mode = isReadOnly ? constants.O_RDONLY : constants.O_RDWR;
    return DeviceFile.#wrap(path, constants.O_EXCL | constants.O_NONBLOCK | mode);
  }

  /** Open an existing file; a symbolic link is refused. @throws system errors */
  static openExisting(path: string): DeviceFile {
    return DeviceFile.#wrap(path, constants.O_RDWR | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  }

  /** Make a new file. @throws system errors, `EEXIST` if the file exists */
  static create(path: string): DeviceFile {
    return new DeviceFile(
      openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, 0o600),
      path,
    );
  }

  static #wrap(path: string, flags: number): DeviceFile {
    const fd = openOrRefuse(path, flags);
    try {
      const stat = fstatSync(fd);
      if (stat.isFile() || stat.isBlockDevice()) return new DeviceFile(fd, path);
      throw new MoveError('MOVE_NOT_A_DEVICE', `${printable(path)} is neither a regular file nor a block device`);
    } catch (error) {
      closeSync(fd);
      throw error;
    }
  }

  /** Bytes, as of the last change of its length by this object. */
  get size(): number {
    return this.#source.size;
  }

  /** The bytes of the device, for reading only. */
  get source(): Source {
    return this.#source;
  }

  /** The same bytes, with the holes of a sparse file. Valid as long as nothing is written. */
  async sourceWithHoles(): Promise<Source> {
    return FileSource.over(this.fd, { kernel: await loadKernelCalls() });
  }

  /** Reads around the page cache; undefined if the file system does not support them. */
  get around(): Source | undefined {
    try {
      this.#around ??= openDirectSource(this.fd, this.size);
    } catch (error) {
      if (codeOf(error) !== 'EINVAL') throw error;
    }
    return this.#around;
  }

  /** Memory of `length` bytes for I/O around the page cache; undefined if the file system does not support it. */
  directMemory(length: number, kernel: KernelCalls | undefined): Uint8Array | undefined {
    return this.#directFile() === null ? undefined : pageMemory(length, kernel).subarray(0, length);
  }

  /** Reads around the page cache if `into` is aligned for it. */
  readAt(into: Uint8Array, offset: number): void {
    if (isAligned(into, SECTOR) && this.#directFile()?.readAt(into, offset) === true) return;
    this.#source.readAt(into, offset);
  }

  /** Writes around the page cache if `bytes` is aligned for it. */
  writeAt(bytes: Uint8Array, offset: number): void {
    if (isAligned(bytes, SECTOR) && this.#directFile()?.writeAt(bytes, offset) === true) return;
    writeFully(this.fd, bytes, offset);
  }

  /** Syncs data only: the length never changes between two syncs of a move. */
  sync(): void {
    fdatasyncSync(this.fd);
  }

  /**
   * Make a regular file end at `end`, or later if it does, with all of `ranges` allocated, and make that durable. After
   * a failure the file has its old length again.
   *
   * @param kernel without it, or if the file system cannot reserve space, bytes are written instead
   */
  reserve(ranges: Iterable<Range>, end: number, kernel: KernelCalls | undefined): void {
    const { size } = fstatSync(this.fd);
    try {
      if (end > size) ftruncateSync(this.fd, end);
      this.#source = FileSource.over(this.fd);
      for (const { from, to } of ranges) {
        if (!this.#allocate(from, to - from, kernel)) this.#rewrite(from, to);
      }
      fsyncSync(this.fd);
    } catch (error) {
      if (end > size) ftruncateSync(this.fd, size);
      this.#source = FileSource.over(this.fd);
      throw error;
    }
  }

  #allocate(offset: number, length: number, kernel: KernelCalls | undefined): boolean {
    if (kernel === undefined) return false;
    try {
      kernel.allocate(this.fd, offset, length);
      return true;
    } catch (error) {
      const code = codeOf(error);
      if (code === 'EOPNOTSUPP' || code === 'ENOTSUP' || code === 'ENOSYS') return false;
      throw error;
    }
  }

  /** Write the existing bytes again: that allocates holes, and a crash leaves the same bytes. */
  #rewrite(from: number, to: number): void {
    const buffer = new Uint8Array(UNIT);
    for (let at = from; at < to; at += UNIT) {
      const bytes = buffer.subarray(0, Math.min(UNIT, to - at));
      this.readAt(bytes, at);
      this.writeAt(bytes, at);
    }
  }

  #directFile(): DirectFile | null {
    if (this.#direct === undefined) this.#direct = openDirectFile(this.fd) ?? null;
    return this.#direct;
  }

  [Symbol.dispose](): void {
    this.#direct?.[Symbol.dispose]();
    this.#around?.[Symbol.dispose]();
    closeSync(this.fd);
  }
}

function openOrRefuse(path: string, flags: number): number {
  try {
    return openSync(path, flags);
  } catch (error) {
    if (codeOf(error) !== 'EBUSY') throw error;
    throw new MoveError('MOVE_IN_USE', `${printable(path)} is in use: mounted, or held by another program`, {
      cause: error,
    });
  }
}
