import { readFileSync, realpathSync } from 'node:fs';

/** True when something is mounted exactly on `path`, as containers do with single files. Source: proc_pid_mountinfo(5). */
export function isMountPoint(path: string): boolean {
  try {
    return mountPoints(readFileSync('/proc/self/mountinfo', 'utf8')).has(realpathSync(path));
  } catch {
    return false;
  }
}

/** The mount points in the text of a mountinfo file: field 5, with its octal escapes decoded. */
export function mountPoints(mountinfo: string): Set<string> {
  return new Set(
    mountinfo.split('\n').flatMap((line) => {
      const point = line.split(' ')[4];
      return point === undefined ? [] : [unescapeOctal(point)];
    }),
  );
}

/** Decode `\040` and the like: the kernel writes blanks, tabs, newlines and backslashes so in its mount tables. */
export function unescapeOctal(text: string): string {
  return text.replaceAll(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}
