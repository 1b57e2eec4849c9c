export { DIRECT_BLOCKS, walkBlockMap } from './block-map.ts';
export { BlockWindow, type OnUnreadable, READ_UNIT, readIsolated } from './block-reader.ts';
export { type BlockRun, BlockSet, type BlockSetOptions, firstRunBehind, withoutRuns } from './block-set.ts';
export {
  attributeValueHash,
  bitmapChecksum,
  commitChecksum,
  DIR_TAIL_SIZE,
  dirBlockChecksum,
  extentNodeChecksum,
  extentNodeTail,
  filesystemSeed,
  groupDescChecksum,
  groupDescCrc16,
  htreeChecksum,
  inodeChecksum,
  inodeSeed,
  journalSeed,
  journalSuperblockChecksum,
  journalTailChecksum,
  mmpChecksum,
  orphanBlockChecksum,
  storedInodeChecksum,
  storeInodeChecksum,
  superblockChecksum,
  tagChecksum,
  xattrBlockChecksum,
} from './checksum.ts';
export { crc16, crc32c, crc32cOfU32, crc32cOfU64 } from './crc.ts';
export { descTableSize } from './desc-blocks.ts';
export { DescTable, type DescWindow } from './desc-table.ts';
export {
  DIR_ENTRY_HEADER,
  DIR_TAIL_TYPE,
  DIRENT_HASH_SIZE,
  dirEntryLayout,
  direntHashOffset,
  dirTailLayout,
  hasDirTail,
  isDirEntry,
  isDotName,
  isLostAndFound,
  recordLength,
} from './dir-block.ts';
export { createDxHasher, DX_HASH, DX_UNSIGNED, type DxHasher } from './dx-hash.ts';
export { ExtError, type ExtErrorCode, type ExtErrorDetail, isExtError } from './errors.ts';
export {
  EXTENT_ENTRY_SIZE,
  EXTENT_MAGIC,
  extentHeaderLayout,
  extentIndexLayout,
  extentLayout,
  isExtentHeader,
} from './extent.ts';
export { walkExtents } from './extent-tree.ts';
export { COMPAT, INCOMPAT, RO_COMPAT } from './features.ts';
export { type BytesField, blockNumber, bytes, type Field, u8, u16, u16be, u32, u32be, u64 } from './field.ts';
export { BLOCK_SIZES, type Filesystem, type OpenOptions, openFilesystem } from './filesystem.ts';
export {
  BG_BLOCK_UNINIT,
  BG_INODE_UNINIT,
  BG_INODE_ZEROED,
  type GroupDesc,
  groupDescLayout,
  readGroupDesc,
} from './group-desc.ts';
export {
  backupDescRuns,
  backupGroups,
  descBlockLocation,
  descsPerBlock,
  groupFirstBlock,
  hasSuperblockCopy,
  metaBgCopy,
  primarySuperblockBlock,
  superblockCopyBlock,
} from './group-layout.ts';
export {
  DX_BLOCK_MASK,
  DX_CONTINUED,
  DX_ENTRY_SIZE,
  DX_NODE_ENTRIES,
  DX_ROOT_ENTRIES,
  type DxBlock,
  dxCountLayout,
  dxEntryLayout,
  dxRootLayout,
  dxTail,
  dxTailLayout,
  isDxBlockSound,
  isDxNode,
  isDxRoot,
  readDxBlock,
} from './htree.ts';
export {
  encodeImageHeader,
  IMAGE_HEADER_SIZE,
  IMAGE_MAGIC,
  type ImageHeader,
  type ImageOffsets,
  imageHeaderLayout,
  isImageHeader,
  readImageHeader,
} from './image-header.ts';
export {
  type ImageSection,
  type ImageSections,
  inodeTableBlocks,
  locateImageSections,
  placeImageSections,
} from './image-sections.ts';
export {
  type ByteSpan,
  hasInlineData,
  INLINE_PARENT_SIZE,
  inlineDataSpans,
  inlineDirSpans,
  isInlineDataEntry,
} from './inline-data.ts';
export {
  fileSize,
  fileType,
  hasBlockMap,
  I_BLOCK,
  I_BLOCK_SIZE,
  INODE,
  INODE_FLAG,
  inodeLayout,
  MODE,
  MODE_TYPE,
  xattrBlock,
} from './inode.ts';
export { type InodeTable, inodeTable, readInode, type ScanOptions, scanInodes, type VisitInode } from './inode-scan.ts';
export { type DescChecksums, descChecksums, isSuperblockIntact } from './intact.ts';
export {
  hasJournalChecksums,
  JOURNAL_BLOCK,
  JOURNAL_COMPAT,
  JOURNAL_INCOMPAT,
  JOURNAL_MAGIC,
  JOURNAL_SUPERBLOCK_SIZE,
  type JournalSuperblock,
  journalHeaderLayout,
  journalSuperblockLayout,
  readJournalSuperblock,
} from './journal-superblock.ts';
export {
  type JournalTag,
  type JournalVisitor,
  type ReadJournalBlock,
  readRevokes,
  readTags,
  TAG_FLAG,
  tag3Layout,
  tagLayout,
  tagSize,
  walkJournal,
  writeTag,
} from './journal-walk.ts';
export { badBlocks, orphanInodes } from './listed-inodes.ts';
export type { MappingVisitor, MappingWalk } from './mapping.ts';
export { nameOwners, type OwnedRun, selectBlocks, selectSteps } from './metadata-blocks.ts';
export { MMP_MAGIC, MMP_SEQ_CLEAN, MMP_SEQ_FSCK, MMP_SIZE, type MmpHolder, mmpHolder, mmpLayout } from './mmp.ts';
export type { OnProblem, Problem } from './problem.ts';
export { SCRAMBLED_MARK } from './scrambled-mark.ts';
export type { Source, SourceExtent } from './source.ts';
export {
  descBlockCount,
  EXT_MAGIC,
  hasCompat,
  hasGroupChecksums,
  hasIncompat,
  hasRoCompat,
  readSuperblock,
  SUPERBLOCK_OFFSET,
  SUPERBLOCK_SIZE,
  type Superblock,
  superblockLayout,
} from './superblock.ts';
export { setBitmapRun, uninitBlockBitmaps } from './uninit-bitmap.ts';
export {
  type BlockKind,
  describeBlocks,
  type Selection,
  type VisitRun,
  type WalkOptions,
  walkBlocks,
  walkSteps,
} from './walk.ts';
export {
  blockXattrArea,
  inodeXattrArea,
  inodeXattrStart,
  readXattrs,
  XATTR_ENTRY_HEADER,
  XATTR_HEADER_SIZE,
  XATTR_INDEX,
  XATTR_MAGIC,
  type XattrArea,
  type XattrEntry,
  type XattrList,
  xattrBlockHash,
  xattrEntryHash,
  xattrEntryLayout,
  xattrEntrySize,
  xattrHeaderLayout,
} from './xattr.ts';
