import type { Problem } from '../bytes/problem.ts';
import { BlockWindow } from '../filesystem/block-reader.ts';
import type { Filesystem } from '../filesystem/filesystem.ts';

/** What a block of a map is. */
export type MapNodeKind = 'extent node' | 'indirect block';

/** Receives the content of the map of one inode. One object serves all inodes: its methods must not keep anything. */
export interface MappingVisitor {
  /**
   * A run of blocks with the file's content.
   *
   * @param logical number of the first block within the file
   * @param unwritten allocated, but reads as zeros: the disk contains old bytes there
   */
  data(start: number, count: number, logical: number, unwritten: boolean): void;
  /**
   * A block of the map itself.
   *
   * @param level levels below it: 0 for an extent leaf or a single-indirect block
   * @returns false when it was visited before: what is below it is left out
   */
  node(block: number, level: number, kind: MapNodeKind): boolean;
  problem(problem: Problem): void;
}

/** State of a walk over the map of one inode: see `MapWalker`, which uses the object again for the next inode. */
export interface MappingWalk {
  readonly fs: Filesystem;
  readonly visitor: MappingVisitor;
  /** Number of the inode, for problems. */
  inode: number;
  /**
   * Whether content is wanted. Without it the lowest level of the map is named and not read, because it refers to
   * content only.
   */
  wantData: boolean;
  /** The first logical block that no extent has covered yet; the extent walk starts it at 0. */
  nextLogical: number;
  /** The windows for the nodes of each level, created on first use: most files have one node, or none. */
  readonly windows: BlockWindow[];
}

/** The window for the nodes of a level, which stays in use while their children are walked. */
export function windowAt(walk: MappingWalk, level: number): BlockWindow {
  walk.windows[level] ??= new BlockWindow(walk.fs);
  return walk.windows[level];
}

/** Whether a block number can be one of the file system. */
export const isBlockOf = (fs: Filesystem, block: number): boolean =>
  block >= fs.superblock.firstDataBlock && block < fs.blocksCount;

/** Whether a run of blocks can be one of the file system. */
export const isRunOf = (fs: Filesystem, start: number, count: number): boolean =>
  isBlockOf(fs, start) && isBlockOf(fs, start + count - 1);

export const unreadableNode = (inode: number, block: number, reason: string): Problem => ({
  code: 'unreadable',
  message: `inode ${inode}: mapping block ${block} cannot be read (${reason})`,
  lost: true,
  block,
  inode,
});

export const illegalNode = (inode: number, block: number): Problem => ({
  code: 'illegal-block',
  message: `inode ${inode}: mapping block ${block} is outside the file system`,
  lost: true,
  block,
  inode,
});
