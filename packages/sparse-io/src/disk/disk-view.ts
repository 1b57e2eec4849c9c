import { readdirSync, readFileSync, statSync } from 'node:fs';

/** What identifies a file or device: the numbers of stat(2). */
export interface FileIdentity {
  readonly kind: 'file' | 'block-device' | 'other';
  readonly dev: number;
  readonly ino: number;
  readonly rdev: number;
}

/** The parts of the system that show which bytes of which disk a path names. Tests pass a view of invented disks. */
export interface DiskView {
  /** Symbolic links are followed. Undefined where the path does not exist or may not be examined. */
  identify(path: string): FileIdentity | undefined;
  /** A small text file (sysfs, procfs) without its last newline; undefined when it cannot be read. */
  readText(path: string): string | undefined;
  /** Names in a folder; empty when it cannot be read. */
  list(path: string): readonly string[];
}

/** The running system. */
export const realDisks: DiskView = {
  identify(path) {
    return quietly(() => {
      const stat = statSync(path);
      const kind = stat.isFile() ? 'file' : stat.isBlockDevice() ? 'block-device' : 'other';
      return { kind, dev: stat.dev, ino: stat.ino, rdev: stat.rdev } as const;
    });
  },
  readText: (path) => quietly(() => readFileSync(path, 'utf8').replace(/\n$/, '')),
  list: (path) => quietly(() => readdirSync(path)) ?? [],
};

function quietly<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}
