import { closeSync, constants, fstatSync, openSync, type Stats, statSync } from 'node:fs';
import type { Extent } from '../base/byte-range.ts';
import { codeOf, SparseError, systemError } from '../base/errors.ts';
import { SECTOR } from '../base/sector.ts';
import type { Source, SourceFile } from '../base/source.ts';
import { sizeBySysfs } from '../disk/device-name.ts';
import { type KernelCalls, loadKernelCalls } from '../kernel/kernel-calls.ts';
import { readFully } from './read-fully.ts';

/** How to read a file. */
export interface FileSourceOptions {
  /** Reports holes and the sizes of devices. Without it every byte is read. */
  readonly kernel?: KernelCalls | undefined;
}

/**
 * A regular file or block device, read at byte offsets.
 *
 * Holes are found by SEEK_DATA when `kernel` is given and the file has clearly fewer blocks than its size.
 * Errors of the system carry the `offset` at which they happened.
 */
export class FileSource implements Source, Disposable {
  readonly fd: number;
  readonly size: number;
  readonly isBlockDevice: boolean;
  readonly file: SourceFile;
  readonly #kernel: KernelCalls | undefined;
  #isOwned: boolean;
  #extent: Extent | undefined;

  private constructor(fd: number, { kernel }: FileSourceOptions, isOwned: boolean) {
    const stat = fstatSync(fd);
    this.fd = fd;
    this.file = { fd, base: 0, ...(kernel && { willNeed: (offset, length) => advise(kernel, fd, offset, length) }) };
    this.isBlockDevice = stat.isBlockDevice();
    this.size = sizeOf(fd, stat, kernel);
    this.#isOwned = isOwned;
    this.#kernel = stat.isFile() && isSparse(stat) ? kernel : undefined;
  }

  /**
   * Open by path, for reading.
   *
   * @throws SparseError SPARSE_NO_SIZE for something without a size (a pipe, a terminal); system errors (`ENOENT`, `EACCES` ...)
   */
  static open(path: string, options: FileSourceOptions = {}): FileSource {
    // O_NONBLOCK: a FIFO must be refused below, and its open must not wait for a writer. Files and disks ignore it.
    const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      return new FileSource(fd, options, true);
    } catch (error) {
      closeSync(fd);
      throw error;
    }
  }

  /** Read an open descriptor, which the caller keeps and closes. */
  static over(fd: number, options: FileSourceOptions = {}): FileSource {
    return new FileSource(fd, options, false);
  }

  readAt(into: Uint8Array, offset: number): void {
    readFully(this.fd, into, offset);
  }

  extentAt(offset: number): Extent {
    const known = this.#extent;
    if (known !== undefined && offset >= known.offset && offset < known.offset + known.length) {
      return { kind: known.kind, offset, length: known.offset + known.length - offset };
    }
    this.#extent = askExtent(this.fd, this.size, offset, this.#kernel);
    return this.#extent;
  }

  [Symbol.dispose](): void {
    if (this.#isOwned) closeSync(this.fd);
    this.#isOwned = false;
  }
}

/** Bytes of a file from which reading ahead is worth the time to load the kernel calls, about 8 ms on Node. */
const LARGE = 1 << 26;

/**
 * Open a file or block device, and load the kernel calls where they save work: for a sparse file, to find its holes, and
 * for a large file or a device, to read ahead.
 *
 * @throws as FileSource.open
 */
export async function openFileSource(path: string): Promise<FileSource> {
  const stat = statSync(path);
  const isWorthIt = !stat.isFile() || isSparse(stat) || stat.size >= LARGE;
  return FileSource.open(path, { kernel: isWorthIt ? await loadKernelCalls() : undefined });
}

/** Whether the blocks of a file are less than nine tenths of its size: only then is it worth asking for holes. */
function isSparse(stat: Stats): boolean {
  return stat.blocks * SECTOR < 0.9 * stat.size;
}

function askExtent(fd: number, size: number, offset: number, kernel: KernelCalls | undefined): Extent {
  const rest = Math.max(size - offset, 1);
  const data: Extent = { kind: 'data', offset, length: rest };
  if (kernel === undefined || offset >= size) return data;
  try {
    // Past the end of a file that was truncated meanwhile there is no hole: a read must fail there.
    const start = kernel.seekData(fd, offset) ?? Math.min(size, fstatSync(fd).size);
    if (start > offset) return { kind: 'hole', offset, length: Math.min(start, size) - offset };
    const end = kernel.seekHole(fd, offset) ?? size;
    return { kind: 'data', offset, length: Math.min(Math.max(end, offset + 1), size) - offset };
  } catch (error) {
    // File systems without SEEK_DATA answer EINVAL. Whatever fails here, reading all bytes is always right.
    if (codeOf(error) === undefined) throw error;
    return data;
  }
}

function advise(kernel: KernelCalls, fd: number, offset: number, length: number): void {
  try {
    kernel.willNeed(fd, offset, length);
  } catch (error) {
    if (codeOf(error) === undefined) throw error;
  }
}

function sizeOf(fd: number, stat: Stats, kernel: KernelCalls | undefined): number {
  if (stat.isFile()) return stat.size;
  if (stat.isBlockDevice()) {
    const size = kernel === undefined ? sizeBySysfs(stat.rdev) : kernel.blockDeviceSize(fd);
    if (size !== undefined) return size;
  }
  if (stat.isDirectory()) throw systemError('EISDIR', 'EISDIR: is a directory, read', { syscall: 'read' });
  throw new SparseError('SPARSE_NO_SIZE', 'neither a regular file nor a block device of known size');
}
