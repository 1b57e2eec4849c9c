import type { Filesystem } from '@e2image/ext-core';
import { filesystemSeed, hasRoCompat, inlineDirSpans, inodeXattrArea, readXattrs } from '@e2image/ext-core/structures';
import { orphanInodes, readInode, type WalkOptions } from '@e2image/ext-core/walk';
import { ScrambleError } from './base/errors.ts';
import type { OnScrambleProblem } from './base/problem.ts';
import { BlockScrambler, type Scrambler } from './block-scrambler.ts';
import type { Context } from './blocks/context.ts';
import { inlineRecords, ownerFlags } from './blocks/inode-table.ts';
import { JournalScrambler } from './blocks/journal-blocks.ts';
import { type ValueHashes, valueHashes } from './blocks/value-inodes.ts';
import { FileBlocks } from './directory/file-blocks.ts';
import type { JournalState } from './journal/journal-log.ts';
import { type JournalView, readJournalViews } from './journal/journal-views.ts';
import { type DirectoryJob, DirectoryNamer } from './names/directory-namer.ts';
import { chooseHashSeed } from './names/hash-seed.ts';
import { KEY_SIZE, KeyedHash, PURPOSE } from './secret/keyed-hash.ts';
import { OWNER_FLAG } from './survey/block-classes.ts';
import type { OwnedRuns } from './survey/classify.ts';

/** Options of `createScrambler`. */
export interface ScrambleOptions {
  /**
   * The secret from which all new names and values are computed; the same key gives the same result. At least 16 bytes
   * that nobody can guess; all bytes count. Everybody with the key can test guesses of old names.
   */
  readonly key: Uint8Array;
  /**
   * `fresh` gives directory indexes new boundaries and the file system a new hash seed: no hash of a real name is left.
   * `keep` keeps both, so that a defect of the boundaries themselves can be studied.
   */
  readonly index: 'fresh' | 'keep';
  /** Whether contents of files are kept; they are not scrambled. Default false: their blocks become zeros. */
  readonly allData?: boolean;
  /**
   * Which blocks the caller will ask for, by default all metadata: they are in `Scrambler.selected`, and `onProblem`
   * gets the problems of the walk that selects them. Other blocks may become zeros.
   */
  readonly select?: Pick<WalkOptions, 'selection' | 'onProblem'>;
  readonly onProblem?: OnScrambleProblem;
}

/**
 * Prepare to scramble a file system: find out what each block is, and choose the new names of directories.
 *
 * This reads the journal, and once each directory that has an index, several blocks, or copies in the journal. Memory:
 * 30 bytes for each run of metadata blocks, some 25 bytes for each name in an indexed directory, and some 60 bytes for
 * each name of the directory that is being worked on.
 *
 * @throws ScrambleError SCRAMBLE_KEY; what the source throws
 */
export function createScrambler(fs: Filesystem, options: ScrambleOptions): Scrambler {
  const steps = scramblerSteps(fs, options);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

/** `createScrambler` in steps of some milliseconds, between which a caller can yield to the event loop. */
export function* scramblerSteps(fs: Filesystem, options: ScrambleOptions): Generator<void, Scrambler> {
  const { index, allData = false, select = { selection: 'complete' }, onProblem } = options;
  const hash = new KeyedHash(foldKey(options.key));
  const seed = filesystemSeed(fs.superblock);
  const { device, recovered, state, selected } = yield* readJournalViews(fs, { ...select, allData }, onProblem);
  // The first view counts more: after a replay the other one is never seen again.
  const views = recovered ? [recovered, device] : [device];
  const main = recovered ?? device;
  const oldSeed = main.fs.superblock.hashSeed;
  const newHashSeed = index === 'fresh' ? chooseHashSeed(main.fs, hash, main.classified) : undefined;
  if (index === 'fresh' && newHashSeed === undefined) {
    const message = 'the hash seed is kept: any other one would move lost+found to another leaf';
    onProblem?.({ code: 'hash-seed-kept', message });
  }
  const rules = { isFresh: index === 'fresh', oldSeed, newSeed: newHashSeed ?? oldSeed };
  const namer = new DirectoryNamer(fs, hash, rules, onProblem);
  for (const job of directoryJobs(views, loggedBlocks(state))) yield* namer.name(job);
  const values: ValueHashes = new Map();
  for (const view of views) {
    const more = yield* valueHashes(view.fs, hash, seed, view.classified);
    for (const [inode, value] of more) if (!values.has(inode)) values.set(inode, value);
  }
  const orphans = new Set(views.flatMap((view) => orphanInodes(view.fs)));
  const context: Context = {
    fs,
    hash,
    namer,
    seed,
    hasChecksums: hasRoCompat(fs.superblock, 'metadata_csum'),
    newHashSeed,
    values,
    isOrphan: (inode) => orphans.has(inode),
    allData,
    onProblem,
  };
  const journal = new JournalScrambler(
    context,
    state,
    views.map((view) => view.classified.classes),
  );
  yield* journal.prepare();
  const isStale = (block: number): boolean => state.kind === 'log' && state.log.newest.has(block);
  return new BlockScrambler(context, {
    device: device.classified,
    journal,
    recovered: recovered && { ...recovered, isStale },
    selected,
  });
}

/** A key of 16 bytes that depends on all bytes of `key`. */
function foldKey(key: Uint8Array): Uint8Array {
  if (key.length < KEY_SIZE) {
    throw new ScrambleError('SCRAMBLE_KEY', `the key has ${key.length} bytes, at least ${KEY_SIZE} are needed`);
  }
  const folded = key.slice(0, KEY_SIZE);
  for (let at = KEY_SIZE; at < key.length; at += KEY_SIZE) {
    const hash = new KeyedHash(folded);
    const rest = key.subarray(at, at + KEY_SIZE);
    const view = new DataView(folded.buffer);
    for (let half = 0; half < 2; half++) {
      hash.digest(PURPOSE.bytes, half, rest, 0, rest.length);
      view.setInt32(8 * half, view.getInt32(8 * half) ^ hash.high);
      view.setInt32(8 * half + 4, view.getInt32(8 * half + 4) ^ hash.low);
    }
  }
  return folded;
}

/** Numbers of the blocks that the journal contains copies of. */
const loggedBlocks = (state: JournalState): ReadonlySet<number> =>
  new Set(state.kind === 'log' ? Array.from(state.log.copies.values(), ({ block }) => block) : []);

/** A view, and the runs of one directory in it. */
interface OwnedView {
  readonly view: JournalView;
  readonly runs: OwnedRuns;
}

/** Each directory whose names must be chosen before any block is scrambled, once, with its blocks in every view. */
function* directoryJobs(views: readonly JournalView[], logged: ReadonlySet<number>): Generator<DirectoryJob> {
  const done = new Set<number>();
  const later = views.slice(1).map((view) => ({ view, byInode: byInode(view) }));
  for (const [number, view] of views.entries()) {
    const { classes, directories } = view.classified;
    for (const runs of directories) {
      const { inode } = runs;
      if (later.length === 0 && logged.size === 0 && classes.isOneBlock(runs.from, runs.to)) continue;
      if (done.has(inode)) continue;
      if (later.length > 0) done.add(inode);
      const owned: OwnedView[] = [{ view, runs }];
      for (const { view: other, byInode: found } of later.slice(number)) {
        const same = found.get(inode);
        if (same) owned.push({ view: other, runs: same });
      }
      if (isOneList(owned, logged)) continue;
      const states = owned.map(
        ({ view: { fs, classified }, runs: one }) => new FileBlocks(fs, classified.classes, one),
      );
      yield { inode, flags: states[0]?.first?.flags ?? 0, states };
    }
  }
  if (logged.size === 0) return;
  for (const view of views) for (const inode of view.classified.inlineDirectories) yield* inlineJob(view, inode);
}

const byInode = ({ classified }: JournalView): ReadonlyMap<number, OwnedRuns> =>
  new Map(classified.directories.map((runs) => [runs.inode, runs]));

/** Whether a directory is one list of records, in one block, and identical in every view, as almost all directories are. */
function isOneList(owned: readonly OwnedView[], logged: ReadonlySet<number>): boolean {
  let block: number | undefined;
  for (const { view, runs } of owned) {
    const { classes } = view.classified;
    const { start } = classes.run(runs.from);
    if (!classes.isOneBlock(runs.from, runs.to) || logged.has(start)) return false;
    if (block !== undefined && block !== start) return false;
    block = start;
  }
  return true;
}

function* inlineJob({ fs }: JournalView, inode: number): Generator<DirectoryJob> {
  const view = readInode(fs, inode);
  if (view === undefined) return;
  const area = inodeXattrArea(view, 0, view.byteLength);
  const spans = inlineDirSpans(view, 0, area && readXattrs(view, area));
  const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  yield { inode, flags: ownerFlags(view, 0) & ~OWNER_FLAG.indexed, states: [], lists: inlineRecords({ bytes }, spans) };
}
