export { type BlockRun, BlockSet, type BlockSetOptions, firstRunBehind, withoutRuns } from './block-set/block-set.ts';
export { crc16, crc32c, crc32cOfU32, crc32cOfU64 } from './bytes/crc.ts';
export { ExtError, type ExtErrorCode, type ExtErrorDetail, isExtError } from './bytes/errors.ts';
export { type BytesField, blockNumber, bytes, type Field, u8, u16, u16be, u32, u32be, u64 } from './bytes/field.ts';
export type { OnProblem, Problem } from './bytes/problem.ts';
export type { Source, SourceExtent } from './bytes/source.ts';
export { BlockWindow, type OnUnreadable, READ_UNIT, readIsolated } from './filesystem/block-reader.ts';
export { descTableSize } from './filesystem/desc-blocks.ts';
export { type DescChecksums, descChecksums, isSuperblockIntact } from './filesystem/desc-checksums.ts';
export { DescTable, type DescWindow } from './filesystem/desc-table.ts';
export { BLOCK_SIZES, type Filesystem, type OpenOptions, openFilesystem } from './filesystem/filesystem.ts';
export { inodeTableBlocks } from './filesystem/inode-table.ts';
export { setBitmapRun, uninitBlockBitmaps } from './filesystem/uninit-bitmap.ts';
export {
  encodeImageHeader,
  IMAGE_HEADER_SIZE,
  IMAGE_MAGIC,
  type ImageHeader,
  type ImageOffsets,
  imageHeaderLayout,
  isImageHeader,
  readImageHeader,
} from './normal-image/image-header.ts';
export {
  type ImageSection,
  type ImageSections,
  locateImageSections,
  placeImageSections,
} from './normal-image/image-sections.ts';
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
} from './structures/checksum.ts';
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
} from './structures/dir-block.ts';
export { createDxHasher, DX_HASH, DX_UNSIGNED, type DxHasher } from './structures/dx-hash.ts';
export {
  EXTENT_ENTRY_SIZE,
  EXTENT_MAGIC,
  extentHeaderLayout,
  extentIndexLayout,
  extentLayout,
  isExtentHeader,
} from './structures/extent.ts';
export { COMPAT, INCOMPAT, RO_COMPAT } from './structures/features.ts';
export {
  BG_BLOCK_UNINIT,
  BG_INODE_UNINIT,
  BG_INODE_ZEROED,
  type GroupDesc,
  groupDescLayout,
  readGroupDesc,
} from './structures/group-desc.ts';
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
} from './structures/group-layout.ts';
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
} from './structures/htree.ts';
export {
  type ByteSpan,
  hasInlineData,
  INLINE_PARENT_SIZE,
  inlineDataSpans,
  inlineDirSpans,
  isInlineDataEntry,
} from './structures/inline-data.ts';
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
} from './structures/inode.ts';
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
} from './structures/journal-log.ts';
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
} from './structures/journal-superblock.ts';
export {
  MMP_MAGIC,
  MMP_SEQ_CLEAN,
  MMP_SEQ_FSCK,
  MMP_SIZE,
  type MmpHolder,
  mmpHolder,
  mmpLayout,
} from './structures/mmp.ts';
export { SCRAMBLED_MARK } from './structures/scrambled-mark.ts';
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
} from './structures/superblock.ts';
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
} from './structures/xattr.ts';
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
