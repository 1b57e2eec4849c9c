import { closeSync, fchmodSync, fchownSync, fstatSync, openSync, type Stats } from 'node:fs';
import { codeOf } from '../base/errors.ts';
import type { KernelCalls } from '../kernel/kernel-calls.ts';

/** Permission bits without the set-id and sticky bits: the new file may have another owner than the old one. */
const PERMISSIONS = 0o777;
/** Permission bits of the owner. */
const OWN_PERMISSIONS = 0o700;

/**
 * Give the open file `fd` the owner, mode and extended attributes of the file `path` that it will replace, as far as
 * the system permits. Where it does not permit the owner or group, only the new owner gets permissions.
 *
 * @param old stat of `path`
 */
export function keepAttributes(fd: number, path: string, old: Stats, kernel: KernelCalls | undefined): void {
  if (kernel !== undefined) copyAttributes(fd, path, kernel);
  attempt(() => fchownSync(fd, old.uid, old.gid));
  const now = fstatSync(fd);
  const isOwnedAlike = now.uid === old.uid && now.gid === old.gid;
  attempt(() => fchmodSync(fd, old.mode & (isOwnedAlike ? PERMISSIONS : OWN_PERMISSIONS)));
}

function copyAttributes(fd: number, path: string, kernel: KernelCalls): void {
  const old = attempt(() => openSync(path, 'r'));
  if (old === undefined) return;
  try {
    for (const name of attempt(() => kernel.listAttributes(old)) ?? []) {
      attempt(() => kernel.setAttribute(fd, name, kernel.getAttribute(old, name)));
    }
  } finally {
    closeSync(old);
  }
}

/** Run a step that the system may refuse. @returns undefined then */
function attempt<T>(step: () => T): T | undefined {
  try {
    return step();
  } catch (error) {
    if (codeOf(error) === undefined) throw error;
    return undefined;
  }
}
