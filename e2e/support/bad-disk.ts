import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { find, tool } from './oracle.ts';

/** Bytes `[offset, offset + length)` that cannot be read. */
export interface BadBytes {
  readonly offset: number;
  readonly length: number;
}

/** What a bad disk needs: root, /dev/fuse, mount(8). Undefined when all is there, else its name. */
export function badDiskLacks(): string | undefined {
  if (process.getuid?.() !== 0) return 'root';
  if (!existsSync('/dev/fuse')) return '/dev/fuse';
  return find('mount') === undefined ? 'mount' : undefined;
}

/**
 * A file whose reads fail with EIO where they touch bad bytes: `using bad = BadDisk.over(image, mountPoint, ranges)`.
 *
 * Put a loop device on its path to have a block device with bad sectors, page cache and all.
 */
export class BadDisk implements Disposable {
  /** The file to read. */
  readonly path: string;
  readonly #server: ChildProcess;

  private constructor(path: string, server: ChildProcess) {
    this.path = path;
    this.#server = server;
  }

  /**
   * @param path a new file, on which the bad one is mounted
   * @param delay milliseconds that every read takes: a disk that is slow enough to be interrupted
   * @param isWritable writes change `image`; bad bytes stay bad
   * @param heals bad bytes that are written can be read from then on, as disks put them elsewhere
   */
  static over(
    image: string,
    path: string,
    ranges: readonly BadBytes[],
    { delay = 0, isWritable = false, heals = false } = {},
  ): BadDisk {
    writeFileSync(path, '');
    const words = ranges.map(({ offset, length }) => `${offset}+${length}`);
    const server = spawn(process.execPath, [join(__dirname, 'bad-disk-server.mjs'), image, path, ...words], {
      env: {
        ...process.env,
        BAD_DISK_DELAY: `${delay}`,
        BAD_DISK_WRITABLE: isWritable ? '1' : '0',
        BAD_DISK_HEALS: heals ? '1' : '0',
      },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const disk = new BadDisk(path, server);
    const pause = new Int32Array(new SharedArrayBuffer(4));
    for (let tries = 0; statSync(path).size !== statSync(image).size; tries++) {
      if (tries === 500) {
        disk[Symbol.dispose]();
        throw new Error('the bad disk did not come up');
      }
      Atomics.wait(pause, 0, 0, 10);
    }
    return disk;
  }

  [Symbol.dispose](): void {
    tool('umount', [this.path]);
    this.#server.kill();
  }
}
