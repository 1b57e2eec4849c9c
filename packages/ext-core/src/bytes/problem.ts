/** Damage that imaging survives: a value that the caller reports; this package prints nothing. */
export interface Problem {
  readonly code: /** The file system claims more blocks than the source holds. */
    | 'short-source'
    /** A block could not be read; blocks that only it refers to are not in the selection. */
    | 'unreadable'
    /** A block number outside the file system; ignored. */
    | 'illegal-block'
    /** A group descriptor names no usable inode table. */
    | 'bad-inode-table'
    /** `bg_itable_unused` is larger than the table. */
    | 'bad-unused-count'
    /** The root of an extent tree has no valid header; the inode's blocks are unknown. */
    | 'bad-extent-root'
    /** A node of an extent tree has no valid header; blocks that only it refers to are unknown. */
    | 'bad-extent-node'
    /** Two pointers refer to the same mapping block: a cycle, or two files that claim it. It is walked once. */
    | 'shared-mapping-block'
    /** The list of orphan inodes does not end, or refers to a number that is not an inode. */
    | 'bad-orphan-list';
  /** One line in lower case: what is wrong and where, with the value found. */
  readonly message: string;
  /**
   * True if blocks that belong in the selection are missing from it: exit status 3. False for damage without such a
   * loss.
   */
  readonly lost: boolean;
  /** First block concerned. */
  readonly block?: number;
  /** Blocks concerned, from `block` on; default 1. */
  readonly count?: number;
  readonly group?: number;
  readonly inode?: number;
}

export type OnProblem = (problem: Problem) => void;
