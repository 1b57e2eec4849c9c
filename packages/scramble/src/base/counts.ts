/** What was hidden, by category. */
export interface ScrambleCounts {
  /** Directory entries in use. */
  names: number;
  /** Names left in entries and records that are not in use. */
  deletedNames: number;
  linkTargets: number;
  /** Extended attributes, name and value. */
  attributes: number;
  /** Values of extended attributes that have inodes of their own, by block. */
  attributeValueBlocks: number;
  /** Files whose content was in the inode. */
  inlineFiles: number;
  /** Free inodes that still held something. */
  freeInodes: number;
  /** Superblocks whose label, mount path, options and error texts were cleared. */
  superblocks: number;
  mmpBlocks: number;
  /** Blocks of directories and attributes that are damaged, and were scrambled as bytes. */
  damagedBlocks: number;
  /** Blocks in the journal that were scrambled as what they are copies of. */
  journalCopies: number;
  /** Blocks in the journal that became zeros. */
  journalZeroed: number;
  /** Blocks that nothing owns, or nothing that is hidden in another way, and that became zeros. */
  zeroed: number;
}

export const noCounts = (): ScrambleCounts => ({
  names: 0,
  deletedNames: 0,
  linkTargets: 0,
  attributes: 0,
  attributeValueBlocks: 0,
  inlineFiles: 0,
  freeInodes: 0,
  superblocks: 0,
  mmpBlocks: 0,
  damagedBlocks: 0,
  journalCopies: 0,
  journalZeroed: 0,
  zeroed: 0,
});
