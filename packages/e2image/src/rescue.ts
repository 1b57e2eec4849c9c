import { existsSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { CliError, codeOf, failed, printable } from '@e2image/cli';
import { BlockSet } from '@e2image/ext-core';
import { encodeMapfile, isUnreadable, type MapRange, parseMapfile, type Source } from '@e2image/sparse-io';
import { isBlockDevice } from './block-device.ts';
import { mapOfBlocks, type RescuedBlocks } from './rescue-map.ts';

/** First line of our mapfiles. */
const COMMENT = 'Created by e2image: offsets are those of the file system';
/** So that a file of that name is told from somebody's own. */
export const MAPFILE_START = `# Mapfile. ${COMMENT}\n`;

export interface RescueOptions {
  /** How often a failed read is tried again; 0: what failed in an earlier run is not touched either. */
  readonly retries: number;
  /** Path of the image. */
  readonly image: string;
}

/**
 * A rescue: an image of a failing disk, made in as many runs as it takes. What was read, failed and not tried is in a
 * mapfile that ddrescue understands; an interrupted run keeps its partial image beside it, and the next one goes on.
 */
export class Rescue {
  readonly path: string;
  /** Blocks that the partial image has. */
  readonly done = new BlockSet();
  readonly #retries: number;
  readonly #known: readonly MapRange[];
  /** Whether the target keeps what an interrupted run wrote: a device does so by itself. */
  readonly #isKept: boolean;

  private constructor(path: string, { retries, image }: RescueOptions, known: readonly MapRange[]) {
    this.path = path;
    this.#retries = retries;
    this.#known = known;
    this.#isKept = isBlockDevice(image) || existsSync(this.partialPath);
  }

  /**
   * @throws CliError CLI_FAILED for a mapfile that cannot be read, or is none; CLI_REFUSED when the partial image could
   *   not be renamed to the image
   */
  static open(path: string, options: RescueOptions): Rescue {
    refuseOtherDisk(path, options.image);
    try {
      const known = existsSync(path) ? parseMapfile(readFileSync(path, 'utf8')).ranges : [];
      return new Rescue(path, options, known);
    } catch (error) {
      throw failed(error, `while trying to read ${path}`);
    }
  }

  /** Where an interrupted run leaves its image. */
  get partialPath(): string {
    return `${this.path}.partial`;
  }

  /**
   * Take over what an earlier run did, once the file system is known.
   *
   * @throws CliError CLI_REFUSED for the mapfile of a source of another size
   */
  resume(blockSize: number, blocksCount: number): void {
    const last = this.#known.at(-1);
    const end = last === undefined ? 0 : last.offset + last.length;
    if (last !== undefined && end !== blockSize * blocksCount) {
      const sizes = `it is about ${end} bytes, the file system has ${blockSize * blocksCount}`;
      throw new CliError('CLI_REFUSED', `${printable(this.path)} belongs to another source: ${sizes}`);
    }
    if (!this.#isKept) return;
    for (const { offset, length, status } of this.#known) {
      const start = Math.ceil(offset / blockSize);
      const count = Math.floor((offset + length) / blockSize) - start;
      if (status === '+' && count > 0) this.done.add(start, count);
    }
  }

  /** The source with care: known bad ranges are not touched, or tried again as often as asked for. */
  guard(source: Source): Source {
    return this.#retries > 0 ? retrying(source, this.#retries) : avoiding(source, this.#known);
  }

  /** The source with a memory: blocks that were read count as done. */
  recording(source: Source, blockSize: number): Source {
    return {
      size: source.size,
      readAt: (into, offset) => {
        source.readAt(into, offset);
        const start = Math.ceil(offset / blockSize);
        const count = Math.floor((offset + into.length) / blockSize) - start;
        if (count > 0) this.done.add(start, count);
      },
      ...(source.extentAt && { extentAt: source.extentAt.bind(source) }),
    };
  }

  /** Write the mapfile: under its name it is whole at any time. */
  save(blocks: RescuedBlocks, fs: { blockSize: number; blocksCount: number }): void {
    writeMapfile(this.path, blocks, fs);
  }
}

/**
 * Write a mapfile.
 *
 * @throws CliError CLI_FAILED
 */
export function writeMapfile(
  path: string,
  blocks: RescuedBlocks,
  fs: { blockSize: number; blocksCount: number },
): void {
  const temporary = `${path}.new`;
  try {
    writeFileSync(temporary, encodeMapfile(mapOfBlocks(blocks, fs), COMMENT), { flush: true, mode: 0o600 });
    renameSync(temporary, path);
  } catch (error) {
    throw failed(error, `while writing ${path}`);
  }
}

/** The partial image is renamed to the image: both must be on one file system. */
function refuseOtherDisk(path: string, image: string): void {
  if (image === '-' || isBlockDevice(image)) return;
  const [ours, theirs] = [path, image].map((one) => statSync(dirname(one), { throwIfNoEntry: false })?.dev);
  if (ours === theirs || theirs === undefined) return;
  throw new CliError('CLI_REFUSED', `${printable(path)} must be on the file system of ${printable(image)}`);
}

/** Reads that touch a range which failed before fail without touching it. */
function avoiding(source: Source, known: readonly MapRange[]): Source {
  const bad = known.filter(({ status }) => status === '-' || status === '*' || status === '/');
  if (bad.length === 0) return source;
  return {
    ...source,
    size: source.size,
    readAt(into, offset) {
      const range = bad.find((one) => one.offset < offset + into.length && offset < one.offset + one.length);
      if (range === undefined) return source.readAt(into, offset);
      throw Object.assign(new Error('EIO: failed before, see the mapfile'), { code: 'EIO', syscall: 'read' });
    },
    ...(source.extentAt && { extentAt: source.extentAt.bind(source) }),
  };
}

/** A read that fails is tried again, as disks sometimes come to their senses. */
function retrying(source: Source, times: number): Source {
  return {
    ...source,
    size: source.size,
    readAt(into, offset) {
      for (let left = times; ; left--) {
        try {
          return source.readAt(into, offset);
        } catch (error) {
          if (left === 0 || !isUnreadable(error) || codeOf(error) === 'SPARSE_SHORT_READ') throw error;
        }
      }
    },
    ...(source.extentAt && { extentAt: source.extentAt.bind(source) }),
  };
}
