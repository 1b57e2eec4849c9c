import { realpathSync, statSync } from 'node:fs';
import { dirname, resolve as resolvePath, sep } from 'node:path';
import { Qcow2Error } from '../base/errors.ts';
import type { FileRequest, ResolvedFile } from './open-options.ts';

/** How `folderResolver` finds files. */
export interface FolderResolverOptions<S> {
  /** Path of the image that is opened. */
  readonly image: string;
  /** Opens a file for reading. The caller closes what it opened. */
  readonly open: (path: string) => S;
  /**
   * `folder`: only regular files in the image's folder and below, links followed (default). `anywhere`: any regular
   * file or block device, for images whose maker is trusted.
   */
  readonly allow?: 'folder' | 'anywhere';
}

/** Options to spread into those of `openQcow2`. */
export interface FolderResolver<S> {
  readonly id: string;
  readonly resolve: (request: FileRequest) => ResolvedFile<S> | undefined;
}

/**
 * A resolver for images that are files: a relative name is sought in the folder of the image that names it, as QEMU
 * does. Files are distinguished by device and inode.
 *
 * @throws system errors when the image itself cannot be found; its `resolve` throws Qcow2Error QCOW2_BACKING_REFUSED or
 * QCOW2_DATA_FILE_REFUSED for a name that leads out, and system errors but `ENOENT`
 */
export function folderResolver<S>({ image, open, allow = 'folder' }: FolderResolverOptions<S>): FolderResolver<S> {
  const root = realpathSync(image);
  const id = identityOf(root);
  const paths = new Map([[id, root]]);
  const resolve = (request: FileRequest): ResolvedFile<S> | undefined => {
    const folder = dirname(paths.get(request.namedBy ?? id) ?? root);
    // Links are followed before the path is judged: a link in the folder must not lead out of it.
    const path = realPathOf(resolvePath(folder, request.name));
    if (path === undefined) return undefined;
    refuse(request, path, allow, dirname(root));
    const identity = identityOf(path);
    paths.set(identity, path);
    return { source: open(path), id: identity };
  };
  return { id, resolve };
}

function realPathOf(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch (error) {
    const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error;
  }
}

function refuse({ role, name, depth }: FileRequest, path: string, allow: 'folder' | 'anywhere', folder: string): void {
  const code = role === 'backing' ? 'QCOW2_BACKING_REFUSED' : 'QCOW2_DATA_FILE_REFUSED';
  const what = `${role} file ${JSON.stringify(name)}`;
  const inside = folder.endsWith(sep) ? folder : folder + sep;
  if (allow === 'folder' && !path.startsWith(inside)) {
    throw new Qcow2Error(code, `${what} is outside of the image's folder`, { detail: { depth } });
  }
  const stat = statSync(path);
  if (stat.isFile() || (allow === 'anywhere' && stat.isBlockDevice())) return;
  throw new Qcow2Error(code, `${what} is not a regular file`, { detail: { depth } });
}

function identityOf(path: string): string {
  const { dev, ino } = statSync(path);
  return `${dev}:${ino}`;
}
