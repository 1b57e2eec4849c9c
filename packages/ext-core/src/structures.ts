export { crc32c } from './bytes/crc.ts';
export { type BytesField, bytes, type Field, safeU64, u32, u64 } from './bytes/field.ts';
export { hexText, uuidText } from './bytes/text.ts';
export { IS_LITTLE_ENDIAN, wordOf } from './bytes/words.ts';
export { commitBlockLayout } from './journal/commit-block.ts';
export { type JournalTag, readTags, TAG_FLAG, writeTag } from './journal/descriptor-block.ts';
export {
  JOURNAL_BLOCK,
  JOURNAL_MAGIC,
  JOURNAL_TAIL_SIZE,
  journalHeaderLayout,
  journalTailLayout,
} from './journal/journal-block.ts';
export { walkJournal } from './journal/journal-log.ts';
export {
  hasJournalChecksums,
  JOURNAL_COMPAT,
  JOURNAL_INCOMPAT,
  JOURNAL_SUPERBLOCK_SIZE,
  type JournalSuperblock,
  journalSuperblockLayout,
  readJournalSuperblock,
} from './journal/journal-superblock.ts';
export {
  bitmapChecksum,
  dirBlockChecksum,
  extentNodeChecksum,
  filesystemSeed,
  htreeChecksum,
  inodeChecksum,
  inodeChecksumMask,
  inodeSeed,
  journalSeed,
  journalSuperblockChecksum,
  journalTailChecksum,
  storedInodeChecksum,
  storeInodeChecksum,
  superblockChecksum,
  tagChecksum,
  xattrBlockChecksum,
} from './structures/checksum.ts';
export {
  DIR_ENTRY_HEADER,
  DIR_TAIL_SIZE,
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
  extentNodeTail,
  extentTailLayout,
  isExtentHeader,
} from './structures/extent.ts';
export { INCOMPAT, RO_COMPAT } from './structures/features.ts';
export {
  BG_BLOCK_UNINIT,
  BG_INODE_UNINIT,
  BG_INODE_ZEROED,
  type GroupDesc,
  groupDescLayout,
} from './structures/group-desc.ts';
export {
  backupGroups,
  descBlockLocation,
  groupFirstBlock,
  metaBgBackups,
  primarySuperblockBlock,
} from './structures/group-layout.ts';
export {
  DX_BLOCK_MASK,
  DX_CONTINUED,
  DX_ENTRY_SIZE,
  DX_NODE_ENTRIES,
  DX_ROOT_ENTRIES,
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
export { hasInlineData, inlineDataSpans, inlineDirSpans, isInlineDataEntry } from './structures/inline-data.ts';
export {
  fileSize,
  fileType,
  GOOD_OLD_INODE_SIZE,
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
  MMP_MAGIC,
  MMP_SEQ_CLEAN,
  MMP_SIZE,
  type MmpState,
  mmpChecksum,
  mmpLayout,
  readMmp,
} from './structures/mmp.ts';
export { SCRAMBLED_MARK } from './structures/scrambled-mark.ts';
export {
  BLOCK_SIZES,
  descBlockCount,
  hasCompat,
  hasExtMagic,
  hasGroupChecksums,
  hasIncompat,
  hasRoCompat,
  readSuperblock,
  STATE_CLEAN,
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
