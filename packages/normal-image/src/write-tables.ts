import {
  descChecksums,
  type Filesystem,
  inodeTableBlocks,
  type OnProblem,
  readIsolated,
  usedTableBlocks,
} from '@e2image/ext-core';
import { primarySuperblockBlock } from '@e2image/ext-core/structures';
import { type BlockRun, type BlockSet, inodeTable } from '@e2image/ext-core/walk';
import { type ByteRange, isZero } from '@e2image/sparse-io';
import type { ForwardWriter } from './forward-writer.ts';
import { holeBlocks } from './hole-blocks.ts';

/** Bytes of one read of inode tables. The C tool reads 32 blocks. */
const TABLE_UNIT = 512 * 1024;

/** Changes whole blocks in place before they are written; `byteOffset` is where they are in the file system. */
export type Transform = (blocks: Uint8Array, byteOffset: number) => void;

export interface TableOptions {
  readonly fs: Filesystem;
  /** Where the tables go in the image. */
  readonly section: ByteRange;
  readonly out: ForwardWriter;
  /** Receives the blocks that cannot be read. */
  readonly lost: BlockSet;
  readonly transform: Transform | undefined;
  readonly onProblem: OnProblem | undefined;
}

/** Write the used part of the inode tables of all groups. Their unused parts, and blocks of zeros, become holes. */
export async function writeTables({ fs, section, out, lost, transform, onProblem }: TableOptions): Promise<void> {
  const { superblock: sb, blockSize } = fs;
  const stride = inodeTableBlocks(sb) * blockSize;
  const checksums = descChecksums(sb, fs.descTable);
  const buffer = new Uint8Array(Math.max(TABLE_UNIT, blockSize));
  for (let group = 0; group < fs.groupCount; group++) {
    const { start, count } = usedTable(fs, group, checksums.isIntact(group), onProblem);
    const at = section.offset + group * stride;
    for (let done = 0; done < count; ) {
      const hole = holeBlocks(fs, start + done);
      if (hole > 0) {
        done += hole;
        continue;
      }
      const chunk = buffer.subarray(0, Math.min(buffer.length, (count - done) * blockSize));
      const offset = at + done * blockSize;
      readIsolated(fs, chunk, start + done, (block, reason) => {
        lost.add(block);
        const message = `inode table of group ${group}: block ${block} cannot be read (${reason})`;
        onProblem?.({ code: 'unreadable', message, lost: true, group, block });
      });
      await out.zeroTo(offset);
      for (const [from, to] of usedStretches(chunk, blockSize)) {
        const blocks = chunk.subarray(from, to);
        transform?.(blocks, (start + done) * blockSize + from);
        out.write(blocks, offset + from);
      }
      done += chunk.length / blockSize;
      await out.pause(chunk.length);
    }
  }
}

/** The blocks of a group's table that may hold inodes; none if the group has no table or never used it. */
function usedTable(fs: Filesystem, group: number, isIntact: boolean, onProblem: OnProblem | undefined): BlockRun {
  const desc = fs.groupDesc(group);
  // Reports an unused count that is larger than the table.
  const { start } = inodeTable(fs, group, desc, onProblem);
  const count = usedTableBlocks(fs.superblock, desc, isIntact);
  if (count === 0) return { start: 0, count: 0 };
  if (start <= primarySuperblockBlock(fs.superblock) || start + count > fs.blocksCount) {
    const message = `group ${group}: block ${start} cannot be its inode table`;
    onProblem?.({ code: 'bad-inode-table', message, lost: true, group, block: start });
    return { start: 0, count: 0 };
  }
  return { start, count };
}

/** The stretches of whole blocks that are not zeros, as byte ranges `[from, to)`. */
function usedStretches(bytes: Uint8Array, blockSize: number): [from: number, to: number][] {
  const stretches: [number, number][] = [];
  let from = -1;
  for (let at = 0; at < bytes.length; at += blockSize) {
    if (isZero(bytes.subarray(at, at + blockSize))) {
      if (from >= 0) stretches.push([from, at]);
      from = -1;
    } else if (from < 0) {
      from = at;
    }
  }
  if (from >= 0) stretches.push([from, bytes.length]);
  return stretches;
}
