export { BlockSet, firstRunEndingAfter, withoutRuns } from './block-set/block-set.ts';
export { type BlockRun, blocksText } from './bytes/block-run.ts';
export { type BlockKind, describeBlocks, type VisitRun } from './walk/block-kind.ts';
export { inodeTable, readInode, scanInodes } from './walk/inode-scan.ts';
export { badBlocks, orphanInodes } from './walk/listed-inodes.ts';
export { nameOwners, selectBlocks, selectSteps } from './walk/select-blocks.ts';
export { walkBlocks, walkSteps } from './walk/walk.ts';
export { walkMap } from './walk/walk-map.ts';
export type { Selection, WalkOptions } from './walk/walk-options.ts';
