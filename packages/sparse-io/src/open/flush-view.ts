import { fstatSync, fsync } from 'node:fs';
import { promisify } from 'node:util';
import { loadKernelCalls } from '../kernel/kernel-calls.ts';

const fsyncAsync = promisify(fsync);

/**
 * Write an open file or device to the medium and drop its cached pages, so that another view of the same bytes (the
 * loop device on a file, the disk of a partition) reads them, and later reads here return what the other view wrote.
 *
 * @throws system errors of fsync: earlier writes may be lost then
 */
export async function flushView(fd: number): Promise<void> {
  const isBlockDevice = fstatSync(fd).isBlockDevice();
  await fsyncAsync(fd);
  const kernel = await loadKernelCalls();
  if (kernel === undefined) return;
  try {
    if (isBlockDevice) kernel.flushDevice(fd);
    else kernel.dropCache(fd, 0, 0);
  } catch {
    // BLKFLSBUF needs CAP_SYS_ADMIN. The bytes are on the medium; only a stale cache may remain.
  }
}
