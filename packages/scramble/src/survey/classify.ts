import type { Filesystem } from '@e2image/ext-core';
import { fileSize, fileType, hasInlineData, INODE_FLAG, inodeLayout, MODE } from '@e2image/ext-core/structures';
import { type BlockKind, type BlockSet, selectSteps, type VisitRun, type WalkOptions } from '@e2image/ext-core/walk';
import { BlockClasses, KIND, type Kind, OWNER_FLAG } from './block-classes.ts';

/** Runs `[from, to)` of the classes, all of one inode, of several kinds. */
export interface OwnedRuns {
  readonly inode: number;
  readonly from: number;
  to: number;
}

/** An inode that holds the value of an attribute. */
export interface ValueInode {
  readonly inode: number;
  /** Bytes of the value. */
  readonly size: number;
  /** The stored hash of the value: the access time of the inode. */
  readonly hash: number;
}

/** All parts of one state of a file system. */
export interface Classified {
  readonly classes: BlockClasses;
  /** All blocks that the walk visited. */
  readonly selected: BlockSet;
  /** In the order of their inodes. */
  readonly directories: readonly OwnedRuns[];
  /** Directories whose entries are stored in the inode. */
  readonly inlineDirectories: readonly number[];
  readonly values: readonly OwnedRuns[];
  readonly valueInodes: ReadonlyMap<number, ValueInode>;
  readonly journal: OwnedRuns | undefined;
}

/** Kinds of the walk, and the kinds of the scrambler that they become. Blocks of other kinds are kept. */
const SCRAMBLED: Partial<Record<BlockKind, Kind>> = {
  superblock: KIND.superblock,
  'backup superblock': KIND.superblock,
  'inode table': KIND.inodeTable,
  'MMP block': KIND.mmp,
  'extended attribute block': KIND.attributes,
  'extent node': KIND.extentNode,
  directory: KIND.directory,
  'symbolic link': KIND.symlink,
  journal: KIND.journal,
  'attribute value': KIND.attributeValue,
};

/** Kinds whose blocks were never anything else. */
const FIXED: ReadonlySet<BlockKind> = new Set([
  'group descriptors',
  'backup group descriptors',
  'block bitmap',
  'inode bitmap',
]);

/** Walk a file system and note the kind and owner of each block, in steps. */
export function* classify(fs: Filesystem, walk: WalkOptions): Generator<void, Classified> {
  const classes = new BlockClasses();
  const owned: Record<'directories' | 'values' | 'journals', OwnedRuns[]> = {
    directories: [],
    values: [],
    journals: [],
  };
  const inlineDirectories: number[] = [];
  const valueInodes = new Map<number, ValueInode>();
  let current = 0;
  let generation = 0;
  let flags = 0;
  const onInode = (inode: number, view: DataView, base: number): void => {
    current = inode;
    generation = inodeLayout.i_generation.get(view, base);
    flags = ownerFlags(view, base);
    if (fileType(view, base) === MODE.directory && hasInlineData(view, base)) inlineDirectories.push(inode);
    if ((inodeLayout.i_flags.get(view, base) & INODE_FLAG.eaInode) !== 0) {
      valueInodes.set(inode, { inode, size: fileSize(view, base), hash: inodeLayout.i_atime.get(view, base) });
    }
  };
  const list: Partial<Record<Kind, OwnedRuns[]>> = {
    [KIND.directory]: owned.directories,
    [KIND.attributeValue]: owned.values,
    [KIND.journal]: owned.journals,
  };
  const visit: VisitRun = (name, start, count, owner, logical) => {
    const kind = SCRAMBLED[name];
    if (kind === undefined) {
      if (FIXED.has(name)) classes.keepFixed(start, count);
      else classes.keep(start, count);
      return;
    }
    const isOwned = owner === current && current !== 0;
    const from = classes.length;
    classes.add({
      kind,
      start,
      count,
      owner,
      logical,
      generation: isOwned ? generation : 0,
      flags: isOwned ? flags : 0,
    });
    const runs = list[kind];
    if (runs !== undefined) note(runs, owner, from, classes.length);
  };
  const selected = yield* selectSteps(fs, { ...walk, onInode }, { visit });
  classes.seal();
  return {
    classes,
    selected,
    directories: owned.directories,
    inlineDirectories,
    values: owned.values,
    valueInodes,
    journal: owned.journals[0],
  };
}

/** Add runs `[from, to)` to those of an inode. The runs of an inode come one after the other. */
function note(list: OwnedRuns[], inode: number, from: number, to: number): void {
  if (from === to) return;
  const last = list.at(-1);
  if (last?.inode === inode) last.to = to;
  else list.push({ inode, from, to });
}

function ownerFlags(view: DataView, base: number): number {
  const bits = inodeLayout.i_flags.get(view, base);
  return (
    ((bits & INODE_FLAG.index) !== 0 ? OWNER_FLAG.indexed : 0) |
    ((bits & INODE_FLAG.encrypt) !== 0 ? OWNER_FLAG.encrypted : 0) |
    ((bits & INODE_FLAG.casefold) !== 0 ? OWNER_FLAG.casefold : 0)
  );
}
