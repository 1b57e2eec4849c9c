/** How many things were hidden, by category. */
export interface ScrambleCounts {
  /** Directory entries in use. */
  names: number;
  /** Names in entries and records that are not in use. */
  deletedNames: number;
  linkTargets: number;
  /** Extended attributes; the name and the value of one count once. */
  attributes: number;
  /** Blocks of attribute values that are stored in inodes of their own. */
  attributeValueBlocks: number;
  /** Files whose content is stored in the inode. */
  inlineFiles: number;
  /** Free inodes that still contained data. */
  freeInodes: number;
  /** Superblocks; label, mount path, mount options and error texts were cleared. */
  superblocks: number;
  mmpBlocks: number;
  /** Damaged structures that were scrambled as bytes, without regard to their fields. */
  damagedBlocks: number;
  /** Journal blocks that are copies of other blocks; each was scrambled like the block it is a copy of. */
  journalCopies: number;
  /** Journal blocks that became zeros. */
  journalZeroed: number;
  /** Blocks of no known use that became zeros. */
  zeroed: number;
}

/** New counts, all zero. */
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
