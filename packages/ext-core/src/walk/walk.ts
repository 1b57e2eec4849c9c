import { blocksText } from '../bytes/block-run.ts';
import type { OnProblem } from '../bytes/problem.ts';
import { distrusting } from '../filesystem/desc-checksums.ts';
import type { Filesystem } from '../filesystem/filesystem.ts';
import { BG_BLOCK_UNINIT, BG_INODE_UNINIT } from '../structures/group-desc.ts';
import {
  backupDescRuns,
  backupGroups,
  descBlockLocation,
  primarySuperblockBlock,
  superblockCopyBlock,
} from '../structures/group-layout.ts';
import { inodeLayout } from '../structures/inode.ts';
import { descBlockCount, hasIncompat } from '../structures/superblock.ts';
import { describeBlocks, type VisitRun } from './block-kind.ts';
import { InodeBlocks, specialFiles } from './inode-blocks.ts';
import { inodeTable, isScanned, readInode, scanInodes, type VisitInode } from './inode-scan.ts';
import { badBlocks, orphanInodes } from './listed-inodes.ts';
import type { WalkOptions } from './walk-options.ts';

/**
 * Report what each run of metadata blocks (with `allData`: of used blocks) is.
 *
 * Reads the inode tables in use and the maps of the files; memory is bounded (some 1 MiB, and a few bytes for each
 * mapping block). Damage loses only the blocks that are found through it, and is reported to `onProblem`.
 */
export function walkBlocks(fs: Filesystem, options: WalkOptions, visit: VisitRun): void {
  for (const _ of walkSteps(fs, options, visit));
}

/** The same in steps of some 256 KiB of reading: between two of them a program may yield to the event loop. */
export function* walkSteps(trusting: Filesystem, options: WalkOptions, visit: VisitRun): Generator<void> {
  // C trusts every descriptor, e2fsck only those with a right checksum: it must see the same in a complete image.
  const fs = options.selection === 'complete' ? distrusting(trusting) : trusting;
  const inRange = clipped(fs, visit, options.onProblem);
  walkSuperblocks(fs, options, inRange);
  if (hasIncompat(fs.superblock, 'mmp')) inRange('MMP block', fs.superblock.mmpBlock, 1, 0, 0);
  yield* walkGroups(fs, options, inRange);
  yield* walkInodes(fs, options, inRange);
}

function walkSuperblocks(fs: Filesystem, { selection }: WalkOptions, visit: VisitRun): void {
  const { superblock: sb, superblockBlock } = fs;
  const primary = primarySuperblockBlock(sb);
  for (const block of new Set([superblockBlock, primary])) {
    visit(block === primary ? 'superblock' : 'backup superblock', block, 1, block === primary ? 0 : sb.blockGroupNr, 0);
    for (let index = 0; index < descBlockCount(sb); index++) {
      visit('group descriptors', descBlockLocation(sb, block, index), 1, 0, 0);
    }
  }
  if (selection === 'compat') return;
  for (const group of backupGroups(sb)) visit('backup superblock', superblockCopyBlock(sb, group), 1, group, 0);
  for (const [block, count] of backupDescRuns(sb)) visit('backup group descriptors', block, count, 0, 0);
}

/** A file system may have two million groups: yield between them. */
const GROUPS_PER_STEP = 4096;

function* walkGroups(fs: Filesystem, options: WalkOptions, visit: VisitRun): Generator<void> {
  const { wholeTables = false, onProblem } = options;
  for (let group = 0; group < fs.groupCount; group++) {
    const desc = fs.groupDesc(group);
    const noInodes = (desc.flags & BG_INODE_UNINIT) !== 0;
    if (desc.inodeTable !== 0 && (wholeTables || !noInodes)) {
      const table = inodeTable(fs, group, desc, onProblem);
      const blocks = wholeTables ? table.blocks : table.sureBlocks;
      if (blocks > 0) visit('inode table', table.start, blocks, group, 0);
    }
    if (desc.blockBitmap !== 0 && (desc.flags & BG_BLOCK_UNINIT) === 0) {
      visit('block bitmap', desc.blockBitmap, 1, group, 0);
    }
    if (desc.inodeBitmap !== 0 && !noInodes) visit('inode bitmap', desc.inodeBitmap, 1, group, 0);
    if (group % GROUPS_PER_STEP === GROUPS_PER_STEP - 1) yield;
  }
}

function* walkInodes(fs: Filesystem, options: WalkOptions, visit: VisitRun): Generator<void> {
  const { selection, onProblem, onTable, tableBuffer, onInode } = options;
  const blocks = new InodeBlocks(fs, options, visit);
  const bad = badBlocks(fs, selection === 'complete' ? (block) => visit('indirect block', block, 1, 1, 0) : undefined);
  // The special files come first: they may look like plain ones, which the scan leaves out.
  const special = specialFiles(fs);
  for (const inode of special) {
    const view = isScanned(fs, inode) ? readInode(fs, inode) : undefined;
    if (view === undefined || inodeLayout.i_links_count.get(view, 0) === 0) continue;
    onInode?.(inode, view, 0);
    blocks.inode(inode, view, 0);
  }
  const scan = {
    ...(onProblem && { onProblem }),
    ...(bad && { badBlocks: bad }),
    ...(onTable && { onTable, tableBuffer }),
  };
  const wanted = {
    ...scan,
    skipPlain: !options.allData,
    withUnlinked: selection === 'complete',
    onProven: (block: number, group: number) => visit('inode table', block, 1, group, 0),
  };
  const visitInode =
    (how: 'inode' | 'plain'): VisitInode =>
    (inode, view, base) => {
      if (special.has(inode)) return;
      onInode?.(inode, view, base);
      blocks[how](inode, view, base);
    };
  yield* scanInodes(fs, { ...wanted, visitPlain: visitInode('plain') }, visitInode('inode'));
  if (selection === 'compat') return;
  for (const inode of orphanInodes(fs, onProblem)) {
    const view = readInode(fs, inode);
    if (view === undefined) continue;
    onInode?.(inode, view, 0);
    blocks.orphan(inode, view);
  }
}

/** Cut runs to the blocks of the file system, and report the others. */
function clipped(fs: Filesystem, visit: VisitRun, onProblem?: OnProblem): VisitRun {
  const { firstDataBlock } = fs.superblock;
  const { blocksCount } = fs;
  return (kind, start, count, owner, logical) => {
    if (start >= firstDataBlock && start + count <= blocksCount) {
      visit(kind, start, count, owner, logical);
      return;
    }
    const from = Math.max(start, firstDataBlock);
    const to = Math.min(start + count, blocksCount);
    const where = blocksText({ start, count });
    const be = count === 1 ? 'is' : 'are';
    const message = `${describeBlocks(kind, owner)}: ${where} ${be} outside the file system of ${blocksCount} blocks`;
    onProblem?.({ code: 'illegal-block', message, lost: false, block: start });
    if (from < to) visit(kind, from, to - from, owner, logical + from - start);
  };
}
