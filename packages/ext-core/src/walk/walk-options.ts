import type { OnProblem } from '../bytes/problem.ts';
import type { VisitInode } from './inode-scan.ts';

/**
 * Which blocks. `compat` is exactly what C e2image saves. `complete` is what e2fsck needs to report the same for the
 * image as for the source: also backup superblocks and descriptors, attribute values in inodes, the trees of unlinked inodes
 * (on the orphan list or file, or without a deletion time), the indirect blocks of the bad-block inode; and single
 * blocks where `compat` has whole clusters.
 */
export type Selection = 'compat' | 'complete';

export interface WalkOptions {
  readonly selection: Selection;
  /** Also the contents of regular files. */
  readonly allData: boolean;
  /** The whole inode table of every group, used or not: what C writes to a block device. */
  readonly wholeTables?: boolean;
  readonly onProblem?: OnProblem;
  /** Inode tables as the walk reads them: see `ScanOptions`. */
  readonly onTable?: (bytes: Uint8Array, block: number) => void;
  readonly tableBuffer?: Uint8Array | undefined;
  /** Called for each inode of which runs may follow (plain files without `allData` are left out), before them. */
  readonly onInode?: VisitInode;
}
