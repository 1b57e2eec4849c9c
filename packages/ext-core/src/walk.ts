export { type BlockRun, BlockSet, type BlockSetOptions, firstRunBehind, withoutRuns } from './block-set/block-set.ts';
export { DIRECT_BLOCKS, walkBlockMap } from './walk/block-map.ts';
export { walkExtents } from './walk/extent-tree.ts';
export {
  type InodeTable,
  inodeTable,
  readInode,
  type ScanOptions,
  scanInodes,
  type VisitInode,
} from './walk/inode-scan.ts';
export { badBlocks, orphanInodes } from './walk/listed-inodes.ts';
export type { MappingVisitor, MappingWalk } from './walk/mapping.ts';
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
