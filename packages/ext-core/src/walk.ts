export { type BlockRun, BlockSet, type BlockSetOptions, firstRunBehind, withoutRuns } from './block-set/block-set.ts';
export {
  type InodeTable,
  inodeTable,
  readInode,
  type ScanOptions,
  scanInodes,
  type VisitInode,
} from './walk/inode-scan.ts';
export { badBlocks, orphanInodes } from './walk/listed-inodes.ts';
export { nameOwners, type OwnedRun, selectBlocks, selectSteps } from './walk/metadata-blocks.ts';
export {
  type BlockKind,
  describeBlocks,
  type Selection,
  type VisitRun,
  type WalkOptions,
  walkBlocks,
  walkSteps,
} from './walk/walk.ts';
export { type MapVisitor, type WalkMapOptions, walkMap } from './walk/walk-map.ts';
