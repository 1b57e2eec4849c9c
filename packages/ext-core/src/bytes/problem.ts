/** Damage that imaging survives: a value for the caller to tell, never a message printed here. */
export interface Problem {
  readonly code: /** The file system claims more blocks than the source holds. */
    | 'short-source'
    /** A block could not be read; what hangs below it is not in the selection. */
    | 'unreadable'
    /** A block number outside the file system; ignored. */
    | 'illegal-block'
    /** A group descriptor names no usable inode table. */
    | 'bad-inode-table'
    /** `bg_itable_unused` is larger than the table. */
    | 'bad-unused-count'
    /** The root of an extent tree is not one; the inode's blocks are unknown. */
    | 'bad-extent-root'
    /** A node of an extent tree is not one; what hangs below it is unknown. */
    | 'bad-extent-node'
    /** Two pointers name the same mapping block: a cycle, or two files that claim it. It is walked once. */
    | 'shared-mapping-block'
    /** The list of orphan inodes does not end, or names no inode. */
    | 'bad-orphan-list';
  /** One line, lower case, what is wrong and where, with the value found. */
  readonly message: string;
  /**
   * True when blocks that belong in the selection are missing from it: exit status 3. False for damage that loses
   * nothing that could be had.
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
