import { readFileSync, realpathSync } from 'node:fs';

/** True when something is mounted exactly on `path`, as containers do with single files. Source: proc_pid_mountinfo(5). */
export function isMountPoint(path: string): boolean {
  try {
    return mountPoints(readFileSync('/proc/self/mountinfo', 'utf8')).has(realpathSync(path));
  } catch {
    return false;
  }
}

/** The mount points of a mountinfo text: field 5, with `\040` and the like for blanks. */
export function mountPoints(mountinfo: string): Set<string> {
  return new Set(
    mountinfo.split('\n').flatMap((line) => {
      const point = line.split(' ')[4];
      return point === undefined ? [] : [unescapeOctal(point)];
    }),
  );
}

/** `\040` -> a blank, as the kernel writes blanks, tabs, newlines and backslashes in its mount tables. */
export function unescapeOctal(text: string): string {
  return text.replaceAll(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}
