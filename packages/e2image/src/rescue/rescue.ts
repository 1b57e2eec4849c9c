/*
 * A rescue of a failing disk. What always holds, and what every change must keep:
 *
 * 1. A block is done only when the target has taken it, not when it was read.
 * 2. The mapfile calls a block read only if it is done and was synced before the mapfile was written.
 * 3. Under its name the mapfile is always complete: it is written beside and renamed.
 * 4. After a sync that failed, no mapfile is written: the kernel reports a lost write only once.
 * 5. A next run takes over only a target that holds what the mapfile says; else it writes nothing.
 * 6. The image gets its name only at the end. Until then it is the partial file beside the mapfile.
 */
import { Buffer } from 'node:buffer';
import { existsSync, fdatasync, fdatasyncSync, fstatSync, ftruncateSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { CliError, failed, printable } from '@e2image/cli';
import { BlockSet } from '@e2image/ext-core/walk';
import {
  FileSource,
  isUnreadable,
  type MapRange,
  type Output,
  readMapfile,
  type Sink,
  type Source,
  windowOf,
  withoutFile,
} from '@e2image/sparse-io';
import { isBlockDevice } from '../input/block-device.ts';
import { avoidingSource, retryingSource } from '../input/retrying-source.ts';
import type { UnreadBlocks } from './unread-blocks.ts';
import { MapfileWriter } from './write-mapfile.ts';

const fdatasyncAsync = promisify(fdatasync);

export interface RescueOptions {
  /** How often a failed read is repeated; 0: what failed in an earlier run is not read either. */
  readonly retries: number;
  /** Path of the image. */
  readonly image: string;
}

/** The blocks of a file system, and where they go. */
interface RescuePlace {
  readonly blockSize: number;
  /** Byte of the target where block 0 goes. */
  readonly targetOffset: number;
}

/** Bytes compared to find out whether a target is the one that a mapfile describes. */
const SAMPLE = 1 << 16;

/**
 * A rescue: an image of a failing disk, made in as many runs as necessary. A mapfile in the format of ddrescue has what was
 * read, what failed and what was not tried; an interrupted run keeps its partial image beside it, and the next one
 * continues.
 */
export class Rescue {
  readonly path: string;
  /** Blocks that the target has. */
  readonly done = new BlockSet();
  readonly #image: string;
  readonly #retries: number;
  readonly #known: readonly MapRange[];
  /** Whether an interrupted run left its image. */
  readonly #hasPartial: boolean;
  /** Whether a sync was begun and did not succeed: what was written since the last one may be lost. */
  #isUnsure = false;

  private constructor(path: string, { retries, image }: RescueOptions, known: readonly MapRange[]) {
    this.path = path;
    this.#image = image;
    this.#retries = retries;
    this.#known = known;
    this.#hasPartial = existsSync(this.partialPath);
  }

  /**
   * @throws CliError CLI_FAILED for a mapfile that cannot be read, or is not a mapfile; CLI_REFUSED if the partial image could
   *   not be renamed to the image
   */
  static open(path: string, options: RescueOptions): Rescue {
    refuseOtherDisk(path, options.image);
    try {
      const known = existsSync(path) ? readMapfile(path).ranges : [];
      return new Rescue(path, options, known);
    } catch (error) {
      throw failed(error, `while trying to read ${path}`);
    }
  }

  /** Where an interrupted run leaves its image. */
  get partialPath(): string {
    return `${this.path}.partial`;
  }

  /** @throws CliError CLI_REFUSED for the mapfile of a source of another size */
  refuseOtherSize(size: number): void {
    const last = this.#known.at(-1);
    const end = last === undefined ? size : last.offset + last.length;
    if (end === size) return;
    const sizes = `it is about ${end} bytes, the file system has ${size}`;
    throw new CliError('CLI_REFUSED', `${printable(this.path)} belongs to another source: ${sizes}`);
  }

  /**
   * Count as done the blocks that an earlier run wrote to this same output: its partial image, or a device.
   *
   * @param source the bytes as they must be saved
   * @throws CliError CLI_REFUSED if the output does not hold what the mapfile says: the mapfile is about another target, or
   *   the source has changed. Nothing was written then.
   */
  takeOver({ kind, fd }: Output, source: Source, { blockSize, targetOffset }: RescuePlace): void {
    const isKept = kind === 'block-device' || (kind === 'partial-file' && this.#hasPartial);
    if (!isKept || fd === undefined) return;
    const runs = this.#known.flatMap(({ offset, length, status }) => {
      const start = Math.ceil(offset / blockSize);
      const count = Math.floor((offset + length) / blockSize) - start;
      return status === '+' && count > 0 ? [{ start, count }] : [];
    });
    // Without a mapfile old contents are unknown: they must not remain between the blocks of this image.
    if (runs.length === 0 && kind === 'partial-file') empty(fd);
    const sample = runs.map(({ start, count }) => ({ offset: start * blockSize, length: count * blockSize }));
    if (!agree(source, windowOf(FileSource.over(fd), targetOffset), sample)) {
      const where = kind === 'partial-file' ? this.partialPath : this.#image;
      const why = 'it is about another target, or the source has changed; a mapfile without + areas starts again';
      throw new CliError('CLI_REFUSED', printable(`${where} does not hold what ${this.path} says was read: ${why}`));
    }
    for (const { start, count } of runs) this.done.add(start, count);
  }

  /**
   * The source for a failing disk: known bad ranges are not touched, or are read again as often as the user asked for.
   * Its bytes can only be read, so that nothing is read ahead, or copied in the kernel, without these rules.
   */
  guard(source: Source): Source {
    return withoutFile(this.#retries > 0 ? retryingSource(source, this.#retries) : avoidingSource(source, this.#known));
  }

  /** A sink that counts blocks as done when `sink` has taken them. */
  recording(sink: Sink, { blockSize, targetOffset }: RescuePlace): Sink {
    return {
      isSequential: sink.isSequential,
      ...(sink.buffer && { buffer: () => sink.buffer?.() }),
      writeAt: (bytes, offset) => {
        sink.writeAt(bytes, offset);
        const at = offset - targetOffset;
        const start = Math.ceil(at / blockSize);
        const count = Math.floor((at + bytes.length) / blockSize) - start;
        if (count > 0) this.done.add(start, count);
      },
      zero: (offset, length) => sink.zero(offset, length),
      skip: (offset, length) => sink.skip(offset, length),
      finish: (size) => sink.finish(size),
      abort: () => sink.abort(),
    };
  }

  /** Write a mapfile of the blocks that are done. @throws CliError CLI_FAILED */
  save({ isEmpty, blocks }: UnreadBlocks, fs: { readonly blockSize: number; readonly blocksCount: number }): void {
    const writer = new MapfileWriter(this.path, { isWhole: isEmpty });
    const { blockSize, blocksCount } = fs;
    writer.add({ read: this.done.runs(), unread: blocks.runs() }, { blockSize, from: 0, to: blocksCount });
    writer.finish();
  }

  /** Sync everything that was written. @throws system errors; after one of them `syncNow` refuses */
  async sync(fd: number): Promise<void> {
    // The kernel reports a lost write once: the next sync would succeed.
    this.#isUnsure = true;
    await fdatasyncAsync(fd);
    this.#isUnsure = false;
  }

  /** Synchronous variant for the exit path. @returns false if something may be lost */
  syncNow(fd: number): boolean {
    if (this.#isUnsure) return false;
    fdatasyncSync(fd);
    return true;
  }
}

function empty(fd: number): void {
  const { size } = fstatSync(fd);
  ftruncateSync(fd, 0);
  ftruncateSync(fd, size);
}

/** Whether two sources have the same bytes in the first range that both can read. */
function agree(a: Source, b: Source, ranges: readonly { readonly offset: number; readonly length: number }[]): boolean {
  for (const { offset, length } of ranges) {
    const [ours, theirs] = [a, b].map((source) => sampleOf(source, offset, Math.min(length, SAMPLE)));
    if (ours === undefined || theirs === undefined) continue;
    return Buffer.compare(ours, theirs) === 0;
  }
  return true;
}

/** @returns undefined if the bytes cannot be read */
function sampleOf(source: Source, offset: number, length: number): Uint8Array | undefined {
  const bytes = new Uint8Array(length);
  try {
    source.readAt(bytes, offset);
    return bytes;
  } catch (error) {
    if (isUnreadable(error)) return undefined;
    throw error;
  }
}

/** The partial image is renamed to the image: both must be on one file system. */
function refuseOtherDisk(path: string, image: string): void {
  if (image === '-' || isBlockDevice(image)) return;
  const [ours, theirs] = [path, image].map((one) => statSync(dirname(one), { throwIfNoEntry: false })?.dev);
  if (ours === theirs || theirs === undefined) return;
  throw new CliError('CLI_REFUSED', `${printable(path)} must be on the file system of ${printable(image)}`);
}
