import { mkdtempSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RunOptions, tool } from './oracle.ts';

/** Run a program of the system; a failure is the test's. @returns its standard output, trimmed */
function must(program: string, args: readonly string[], options: RunOptions = {}): string {
  const { status, stdout, stderr } = tool(program, args, options);
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${stderr.trim()}`);
  return new TextDecoder().decode(stdout).trim();
}

/** One loop device of ours: `using loop = LoopDevice.attach(file)`. Detaches exactly the device it attached. */
export class LoopDevice implements Disposable {
  /** `/dev/loopN` */
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /** @param window bytes of the file that the device shows; default: all of it */
  static attach(
    file: string,
    window: {
      readonly offset?: number;
      readonly length?: number;
      readonly readOnly?: boolean;
      readonly sectorSize?: number;
    } = {},
  ): LoopDevice {
    const args = ['--find', '--show'];
    if (window.offset !== undefined) args.push('--offset', `${window.offset}`);
    if (window.length !== undefined) args.push('--sizelimit', `${window.length}`);
    if (window.sectorSize !== undefined) args.push('--sector-size', `${window.sectorSize}`);
    if (window.readOnly === true) args.push('--read-only');
    return new LoopDevice(must('losetup', [...args, file]));
  }

  /** The device and its file have separate caches: write out and forget the device's, so that either view is true. */
  flush(): void {
    must('blockdev', ['--flushbufs', this.path]);
  }

  [Symbol.dispose](): void {
    this.flush();
    must('losetup', ['--detach', this.path]);
  }
}

/** A mounted file system: `using mount = Mount.on(loop.path)`. */
export class Mount implements Disposable {
  /** The folder where it is mounted. */
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /** @param options for `mount -o`, comma-separated */
  static on(device: string, options = 'rw'): Mount {
    const folder = mkdtempSync(join(tmpdir(), 'e2e-mount-'));
    try {
      must('mount', ['-t', 'ext4', '-o', options, device, folder]);
    } catch (error) {
      rmdirSync(folder);
      throw error;
    }
    return new Mount(folder);
  }

  [Symbol.dispose](): void {
    must('umount', [this.path]);
    rmdirSync(this.path);
  }
}
