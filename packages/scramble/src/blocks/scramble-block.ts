import type { ScrambleCounts } from '../base/counts.ts';
import { scrambleBytes } from '../secret/scramble-bytes.ts';
import { type ClassRun, KIND, OWNER_FLAG } from '../survey/block-classes.ts';
import { scrambleAttributeBlock } from './attributes.ts';
import type { Block, Context } from './context.ts';
import { scrambleDirectoryBlock } from './directory-block.ts';
import { scrambleExtentNode } from './extent-node.ts';
import { scrambleInodeBlocks } from './inode-table.ts';
import { scrambleEncryptedTarget, scrambleTarget, targetLength } from './link-target.ts';
import { scrambleMmpBlock } from './mmp-block.ts';
import { scrambleSuperblockBlock } from './superblock.ts';
import { writeValueBlock } from './value-inodes.ts';

/** Scramble a block, or several of an inode table, by the kind of its run. Not for blocks of the journal: they become zeros. */
export function scrambleBlock(context: Context, block: Block, run: ClassRun, counts: ScrambleCounts): void {
  const logical = run.logical + block.number - run.start;
  switch (run.kind) {
    case KIND.superblock:
      scrambleSuperblockBlock(context, block, counts);
      break;
    case KIND.inodeTable:
      scrambleInodeBlocks(context, block, firstInode(context, run.owner, logical), counts);
      break;
    case KIND.attributes:
      scrambleAttributeBlock(context, block, counts);
      break;
    case KIND.extentNode:
      scrambleExtentNode(context, block, run, counts);
      break;
    case KIND.directory:
      scrambleDirectoryBlock(context, block, run, logical, counts);
      break;
    case KIND.symlink:
      scrambleLinkBlock(context, block, run, logical, counts);
      break;
    case KIND.attributeValue:
      writeValue(context, block, run.owner, logical, counts);
      break;
    case KIND.mmp:
      scrambleMmpBlock(context, block, counts);
      break;
    default:
      block.bytes.fill(0);
  }
}

/** Number of the first inode in block `index` of the inode table of a group. */
function firstInode({ fs }: Context, group: number, index: number): number {
  const { inodesPerGroup, inodeSize, blockSize } = fs.superblock;
  return group * inodesPerGroup + index * (blockSize / inodeSize) + 1;
}

/** Scramble a block of a link whose target does not fit in the inode. A target is in the first block; others are damage. */
function scrambleLinkBlock(
  { hash }: Context,
  { bytes }: Block,
  { flags }: ClassRun,
  logical: number,
  counts: ScrambleCounts,
): void {
  if (logical > 0) {
    scrambleBytes(hash, bytes, 0, bytes.length);
    return;
  }
  if ((flags & OWNER_FLAG.encrypted) !== 0) scrambleEncryptedTarget(hash, bytes);
  else scrambleTarget(hash, bytes, targetLength(bytes));
  counts.linkTargets++;
}

function writeValue(
  { hash, values }: Context,
  { bytes }: Block,
  inode: number,
  logical: number,
  counts: ScrambleCounts,
): void {
  const value = values.get(inode);
  if (value === undefined) bytes.fill(0);
  else writeValueBlock(hash, bytes, { inode, logical, size: value.size });
  counts.attributeValueBlocks++;
}
