/** What a run of blocks is. The first seven belong to a group, the others, except the MMP block, to an inode. */
export type BlockKind =
  | 'superblock'
  | 'group descriptors'
  | 'backup superblock'
  | 'backup group descriptors'
  | 'inode table'
  | 'block bitmap'
  | 'inode bitmap'
  | 'MMP block'
  | 'extended attribute block'
  | 'extent node'
  | 'indirect block'
  | 'directory'
  | 'symbolic link'
  | 'journal'
  | 'quota file'
  | 'orphan file'
  | 'attribute value'
  | 'reserved group descriptors'
  | 'file data';

/**
 * Called for each run of blocks, which is within the file system. Runs come in the order of the walk, not ascending,
 * and may repeat if the file system refers to a block twice.
 *
 * @param owner number of the group or inode, by kind; 0 for the MMP block
 * @param logical number of the first block within the file; 0 for blocks that are not part of a file
 */
export type VisitRun = (kind: BlockKind, start: number, count: number, owner: number, logical: number) => void;

const GROUP_KINDS: ReadonlySet<BlockKind> = new Set([
  'superblock',
  'group descriptors',
  'backup superblock',
  'backup group descriptors',
  'inode table',
  'block bitmap',
  'inode bitmap',
]);

/** What a run is, in words: `inode table of group 7`, `directory of inode 12`. */
export function describeBlocks(kind: BlockKind, owner: number): string {
  if (kind === 'MMP block' || kind === 'group descriptors' || kind === 'backup group descriptors') return kind;
  if (GROUP_KINDS.has(kind)) return kind === 'superblock' ? kind : `${kind} of group ${owner}`;
  return `${kind} of inode ${owner}`;
}
