import { BlockSet } from '../block-set/block-set.ts';
import type { Problem } from '../bytes/problem.ts';
import type { Filesystem } from '../filesystem/filesystem.ts';
import { hasExtents } from '../structures/inode.ts';
import { walkBlockMap } from './block-map.ts';
import { walkExtents } from './extent-tree.ts';
import type { MapNodeKind, MappingVisitor, MappingWalk } from './mapping.ts';

/**
 * Walks the maps of any number of inodes, one after the other, for one visitor. Its buffers, one of 256 KiB for each
 * level of a tree, are kept from inode to inode: there may be millions.
 */
export class MapWalker {
  readonly #walk: MappingWalk;

  constructor(fs: Filesystem, visitor: MappingVisitor) {
    this.#walk = { fs, visitor, inode: 0, wantData: false, nextLogical: 0, windows: [] };
  }

  /**
   * Walk the extent tree or the block map of the inode at byte `base` of `view`: each mapping block before what it
   * leads to.
   *
   * @param inode number of the inode, for problems
   * @param wantData also visit the content; without it the lowest level of the map is named, but not read
   */
  walk(inode: number, view: DataView, base: number, wantData: boolean): void {
    this.#walk.inode = inode;
    this.#walk.wantData = wantData;
    if (hasExtents(view, base)) walkExtents(this.#walk, view, base);
    else walkBlockMap(this.#walk, view, base);
  }
}

/** What `walkMap` calls for the map of one inode. */
export interface MapVisitor {
  /** As `MappingVisitor.data`. */
  data(start: number, count: number, logical: number, unwritten: boolean): void;
  /**
   * Called once for each block of the map itself, even where a damaged map names it many times.
   *
   * @returns false to leave out what is below it
   */
  node?(block: number, level: number, kind: MapNodeKind): boolean;
  problem?(problem: Problem): void;
}

export interface WalkMapOptions {
  /** Byte of `view` where the inode begins; default 0. */
  readonly base?: number;
  /** Also visit the content; default true. Without it the lowest level of the map is named, but not read. */
  readonly wantData?: boolean;
}

/**
 * Visit the blocks of one inode, by its extent tree or its block map, in logical order where the map is sound.
 *
 * Block numbers of the content are as the map has them: they may be outside the file system.
 *
 * @param inode number of the inode, for problems
 * @param view where the inode is, as `readInode` gives it
 */
export function walkMap(
  fs: Filesystem,
  inode: number,
  view: DataView,
  visitor: MapVisitor,
  { base = 0, wantData = true }: WalkMapOptions = {},
): void {
  const seen = new BlockSet();
  const each: MappingVisitor = {
    data: (start, count, logical, unwritten) => visitor.data(start, count, logical, unwritten),
    node(block, level, kind) {
      if (seen.has(block)) return false;
      seen.add(block);
      return visitor.node?.(block, level, kind) ?? true;
    },
    problem: (problem) => visitor.problem?.(problem),
  };
  new MapWalker(fs, each).walk(inode, view, base, wantData);
}
