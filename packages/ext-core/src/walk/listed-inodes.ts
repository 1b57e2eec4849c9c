import { BlockSet } from '../block-set/block-set.ts';
import type { OnProblem } from '../bytes/problem.ts';
import { READ_UNIT, readIsolated } from '../filesystem/block-reader.ts';
import type { Filesystem } from '../filesystem/filesystem.ts';
import { INODE, inodeLayout } from '../structures/inode.ts';
import { readOrphanBlock } from '../structures/orphan-block.ts';
import { hasCompat } from '../structures/superblock.ts';
import { readInode } from './inode-scan.ts';
import { isRunOf } from './mapping.ts';
import { walkMap } from './walk-map.ts';

/**
 * The blocks that the bad-block inode lists; undefined when it lists none.
 *
 * @param onNode called for each indirect block of the list
 */
export function badBlocks(fs: Filesystem, onNode?: (block: number) => void): BlockSet | undefined {
  const view = readInode(fs, INODE.badBlocks);
  if (view === undefined || inodeLayout.i_blocks_lo.get(view, 0) === 0) return undefined;
  const set = new BlockSet();
  walkMap(fs, INODE.badBlocks, view, {
    data: (start, count) => {
      if (isRunOf(fs, start, count)) set.add(start, count);
    },
    node(block) {
      onNode?.(block);
      return true;
    },
  });
  return set;
}

/**
 * The inodes that were unlinked while open, or were being truncated: the list that begins in the superblock and the
 * entries of the orphan file, each number once. A list that returns to one of its inodes ends there.
 */
export function orphanInodes(fs: Filesystem, onProblem?: OnProblem): number[] {
  const seen = new BlockSet();
  const inodes: number[] = [];
  const add = (inode: number): void => {
    seen.add(inode);
    inodes.push(inode);
  };
  for (let inode = fs.superblock.lastOrphan; inode !== 0; ) {
    const view = seen.has(inode) ? undefined : readInode(fs, inode);
    if (view === undefined) {
      const message = `orphan list: inode ${inode} is invalid or already listed`;
      onProblem?.({ code: 'bad-orphan-list', message, lost: false, inode });
      break;
    }
    add(inode);
    // While an inode is on the list its deletion time is the number of the next one.
    inode = inodeLayout.i_dtime.get(view, 0);
  }
  for (const inode of orphanFileEntries(fs)) if (!seen.has(inode)) add(inode);
  return inodes;
}

function orphanFileEntries(fs: Filesystem): number[] {
  const { orphanFileInode } = fs.superblock;
  const file = hasCompat(fs.superblock, 'orphan_file') ? readInode(fs, orphanFileInode) : undefined;
  const inodes: number[] = [];
  if (file === undefined) return inodes;
  const { blockSize } = fs;
  const buffer = new Uint8Array(Math.max(READ_UNIT, blockSize));
  const view = new DataView(buffer.buffer);
  const data = (start: number, count: number): void => {
    if (!isRunOf(fs, start, count)) return;
    const perRead = buffer.length / blockSize;
    for (let done = 0; done < count; done += perRead) {
      const blocks = Math.min(perRead, count - done);
      readIsolated(fs, buffer.subarray(0, blocks * blockSize), start + done, () => {});
      for (let base = 0; base < blocks * blockSize; base += blockSize) {
        inodes.push(...readOrphanBlock(view, base, blockSize));
      }
    }
  };
  walkMap(fs, orphanFileInode, file, { data });
  return inodes;
}
