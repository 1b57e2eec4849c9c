import { BlockSet } from '../block-set/block-set.ts';
import type { OnProblem, Problem } from '../bytes/problem.ts';
import type { Filesystem } from '../filesystem/filesystem.ts';
import { hasInlineData } from '../structures/inline-data.ts';
import { fileType, hasBlockMap, INODE, INODE_FLAG, inodeLayout, MODE, xattrBlock } from '../structures/inode.ts';
import { hasIncompat } from '../structures/superblock.ts';
import type { BlockKind, VisitRun } from './block-kind.ts';
import type { MapNodeKind, MappingVisitor } from './mapping.ts';
import { plainExtents, type VisitExtent } from './plain-file.ts';
import { MapWalker } from './walk-map.ts';
import type { WalkOptions } from './walk-options.ts';

/** Regular files whose contents are metadata, by number alone: C checks no feature bit either. */
export const specialFiles = ({ superblock: sb }: Filesystem): ReadonlySet<number> =>
  new Set([sb.journalInode, INODE.userQuota, INODE.groupQuota, sb.projectQuotaInode, sb.orphanFileInode]);

/** Inode numbers up to this one have a meaning of their own. Source: kernel Documentation/filesystems/ext4/inodes.rst. */
const LAST_RESERVED = 10;

/** More blocks than a file system can have: 2^53 bytes are the limit, and a block has 1,024 at least. */
const KINDS_APART = 2 ** 44;

/** Reports the blocks that inodes own, by the rules of what an image contains. One object for all inodes. */
export class InodeBlocks implements MappingVisitor {
  readonly #fs: Filesystem;
  readonly #visit: VisitRun;
  readonly #onProblem: OnProblem | undefined;
  readonly #complete: boolean;
  readonly #allData: boolean;
  readonly #has64: boolean;
  readonly #maps: MapWalker;
  readonly #visitData: VisitExtent = (start, count, logical, unwritten) => this.data(start, count, logical, unwritten);
  /** The current inode, and what its blocks are. */
  #inode = 0;
  #kind: BlockKind = 'file data';
  #wantData = false;
  /**
   * Visited mapping blocks, by how they were read: a tree that was walked for its nodes only must be walked again for a
   * file whose content is wanted. One set for extent nodes and for the three levels of a map, in both ways, so that there
   * is one bound for all; a block in one role is `KINDS_APART` away from the same block in the next role.
   */
  readonly #seen = new BlockSet();

  constructor(fs: Filesystem, options: WalkOptions, visit: VisitRun) {
    this.#fs = fs;
    this.#visit = visit;
    this.#onProblem = options.onProblem;
    this.#complete = options.selection === 'complete';
    this.#allData = options.allData;
    this.#has64 = hasIncompat(fs.superblock, '64bit');
    this.#maps = new MapWalker(fs, this);
  }

  /** The blocks of a linked inode. */
  inode(inode: number, view: DataView, base: number): void {
    const acl = xattrBlock(view, base, this.#has64);
    if (acl !== 0) this.#visit('extended attribute block', acl, 1, inode, 0);
    const type = fileType(view, base);
    // Most inodes that get here are directories.
    if (type === MODE.directory ? hasInlineData(view, base) : !hasBlockMap(view, base, acl)) return;
    this.#kind = type === MODE.directory ? 'directory' : this.#kindOf(inode, view, base);
    const isContent = this.#kind === 'file data' || this.#kind === 'reserved group descriptors';
    this.#inode = inode;
    this.#wantData = this.#allData || !(isContent || (this.#kind === 'attribute value' && !this.#complete));
    this.#maps.walk(inode, view, base, this.#wantData);
  }

  /** The contents of a plain file that is not a special one: the same as `inode` reports, at a part of the cost. */
  plain(inode: number, view: DataView, base: number): void {
    if (inode <= LAST_RESERVED) {
      this.inode(inode, view, base);
      return;
    }
    this.#kind = 'file data';
    this.#inode = inode;
    plainExtents(view, base, this.#visitData);
  }

  /** The blocks of an inode on the orphan list, as if it still were a file. The scan visited those without a time. */
  orphan(inode: number, view: DataView): void {
    const f = inodeLayout;
    if (f.i_links_count.get(view, 0) === 0 && f.i_dtime.get(view, 0) !== 0) this.inode(inode, view, 0);
  }

  #kindOf(inode: number, view: DataView, base: number): BlockKind {
    const sb = this.#fs.superblock;
    if (fileType(view, base) === MODE.symlink) return 'symbolic link';
    if (inode === sb.journalInode) return 'journal';
    if (inode === INODE.userQuota || inode === INODE.groupQuota || inode === sb.projectQuotaInode) return 'quota file';
    if (inode === sb.orphanFileInode) return 'orphan file';
    if (inode === INODE.resize) return 'reserved group descriptors';
    if ((inodeLayout.i_flags.get(view, base) & INODE_FLAG.eaInode) !== 0) return 'attribute value';
    return 'file data';
  }

  data(start: number, count: number, logical: number, unwritten: boolean): void {
    // Unwritten extents read as zeros; the disk contains old bytes there.
    if (unwritten && this.#complete && this.#kind === 'file data') return;
    this.#visit(this.#kind, start, count, this.#inode, logical);
  }

  node(block: number, level: number, kind: MapNodeKind): boolean {
    const inode = this.#inode;
    const way = (this.#wantData ? 4 : 0) + (kind === 'extent node' ? 3 : level);
    if (this.#seen.has(way * KINDS_APART + block)) {
      const message = `inode ${inode}: mapping block ${block} is used twice`;
      this.#onProblem?.({ code: 'shared-mapping-block', message, lost: false, block, inode });
      return false;
    }
    this.#seen.add(way * KINDS_APART + block);
    this.#visit(kind, block, 1, inode, 0);
    return true;
  }

  problem(problem: Problem): void {
    this.#onProblem?.(problem);
  }
}
