import type { ScrambleCounts } from './base/counts.ts';

const plural = (count: number, one: string, many = `${one}s`): string => `${count} ${count === 1 ? one : many}`;

/** What was hidden, in words: one text for each category that is not zero. */
export function describeCounts(counts: ScrambleCounts): string[] {
  const parts: [number, string][] = [
    [counts.names, plural(counts.names, 'name')],
    [counts.deletedNames, plural(counts.deletedNames, 'deleted name')],
    [counts.linkTargets, plural(counts.linkTargets, 'link target')],
    [counts.attributes, plural(counts.attributes, 'extended attribute')],
    [
      counts.attributeValueBlocks,
      plural(counts.attributeValueBlocks, 'block of attribute values', 'blocks of attribute values'),
    ],
    [counts.inlineFiles, plural(counts.inlineFiles, 'file kept in its inode', 'files kept in their inodes')],
    [
      counts.freeInodes,
      plural(counts.freeInodes, 'free inode that still held data', 'free inodes that still held data'),
    ],
    [counts.superblocks, plural(counts.superblocks, 'superblock')],
    [counts.mmpBlocks, plural(counts.mmpBlocks, 'multi-mount protection block')],
    [counts.journalCopies, plural(counts.journalCopies, 'copy in the journal', 'copies in the journal')],
    [counts.journalZeroed, plural(counts.journalZeroed, 'other block of the journal', 'other blocks of the journal')],
    [counts.damagedBlocks, plural(counts.damagedBlocks, 'damaged structure')],
    [counts.zeroed, plural(counts.zeroed, 'block of no known use', 'blocks of no known use')],
  ];
  return parts.filter(([count]) => count > 0).map(([, text]) => text);
}

/** What a scrambled image still shows, for users. */
export const STAYS_VISIBLE =
  'sizes, counts, times, owners and permissions, lengths of names, targets and values, the shape of the directory tree, ' +
  'access control lists, block numbers, quota, the UUID and the features of the file system';
