import { type Filesystem, isExtError, type Source } from '@e2image/ext-core';
import {
  JOURNAL_MAGIC,
  type JournalSuperblock,
  type JournalTag,
  journalHeaderLayout,
  readJournalSuperblock,
  TAG_FLAG,
  walkJournal,
} from '@e2image/ext-core/structures';
import { FileBlocks } from '../directory/file-blocks.ts';
import type { Classified } from '../survey/classify.ts';

/** A copy of a block in the journal. */
export interface LoggedBlock {
  /** Block of the journal. */
  readonly at: number;
  /** Block of the file system that it is a copy of. */
  readonly block: number;
  readonly sequence: number;
  readonly flags: number;
  /** Checksum in its tag. */
  readonly checksum: number;
}

/** The part of a journal that a replay would apply. */
export interface JournalLog {
  readonly file: FileBlocks;
  readonly journal: JournalSuperblock;
  /** By journal block. */
  readonly copies: ReadonlyMap<number, LoggedBlock>;
  readonly descriptors: ReadonlySet<number>;
  readonly revokes: ReadonlySet<number>;
  readonly commits: ReadonlySet<number>;
  /** By block of the file system: the copy that a replay writes there last. */
  readonly newest: ReadonlyMap<number, LoggedBlock>;
}

/** The result of reading a journal. */
export type JournalState =
  | { readonly kind: 'none' }
  /** Its superblock is unreadable or damaged. */
  | { readonly kind: 'bad'; readonly reason: string }
  | { readonly kind: 'log'; readonly log: JournalLog };

/** Read the control blocks of the journal of a file system. A clean journal has an empty log. */
export function readJournal(fs: Filesystem, { classes, journal: runs }: Classified): JournalState {
  if (runs === undefined) return { kind: 'none' };
  const file = new FileBlocks(fs, classes, runs);
  const head = file.read(0);
  if (head === undefined) return { kind: 'bad', reason: 'its superblock cannot be read' };
  try {
    const journal = readJournalSuperblock(head);
    if (journal.blockSize !== fs.blockSize) return { kind: 'bad', reason: `its block size is ${journal.blockSize}` };
    return { kind: 'log', log: walkLog(file, journal) };
  } catch (error) {
    if (!isExtError(error)) throw error;
    return { kind: 'bad', reason: error.message };
  }
}

function walkLog(file: FileBlocks, journal: JournalSuperblock): JournalLog {
  const copies = new Map<number, LoggedBlock>();
  const descriptors = new Set<number>();
  const revokes = new Set<number>();
  const commits = new Set<number>();
  const revoked = new Map<number, number>();
  const read = (into: Uint8Array, at: number): boolean => {
    const bytes = file.read(at);
    if (bytes) into.set(bytes);
    return bytes !== undefined;
  };
  walkJournal(journal, read, {
    descriptor: (at) => void descriptors.add(at),
    copy: (at, sequence, tag: JournalTag) =>
      void copies.set(at, { at, sequence, block: tag.block, flags: tag.flags, checksum: tag.checksum }),
    revoke: (at, sequence, blocks) => {
      revokes.add(at);
      for (const block of blocks) revoked.set(block, sequence);
    },
    commit: (at) => void commits.add(at),
  });
  const newest = new Map<number, LoggedBlock>();
  // The map is in the order of the log: a later copy replaces an earlier one.
  for (const copy of copies.values()) if (!isRevoked(copy, revoked)) newest.set(copy.block, copy);
  return { file, journal, copies, descriptors, revokes, commits, newest };
}

/** Whether this or a later transaction revoked the copy. Sequence numbers wrap around. */
function isRevoked({ block, sequence }: LoggedBlock, revoked: ReadonlyMap<number, number>): boolean {
  const by = revoked.get(block);
  return by !== undefined && ((by - sequence) | 0) >= 0;
}

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);

/** Whether a block begins with the magic number of the journal, so that a copy of it must be escaped. */
export const beginsWithMagic = (bytes: Uint8Array): boolean =>
  journalHeaderLayout.h_magic.get(viewOf(bytes), 0) === JOURNAL_MAGIC;

/** Put zeros in the place of the magic number that a block begins with. */
export const clearMagic = (bytes: Uint8Array): void => journalHeaderLayout.h_magic.set(viewOf(bytes), 0, 0);

/** Put the magic number back into a block that was escaped. */
export const restoreMagic = (bytes: Uint8Array): void =>
  journalHeaderLayout.h_magic.set(viewOf(bytes), 0, JOURNAL_MAGIC);

/** The content of a copy, with its magic number if it is escaped; undefined when unreadable. Owned by the caller. */
export function readCopy({ file }: JournalLog, copy: LoggedBlock): Uint8Array | undefined {
  const bytes = file.read(copy.at);
  if (bytes && (copy.flags & TAG_FLAG.escaped) !== 0) restoreMagic(bytes);
  return bytes;
}

/** The file system as a replay of its journal would leave it. */
export function recoveredSource({ source, blockSize }: Filesystem, log: JournalLog): Source {
  return {
    size: source.size,
    readAt(into, offset) {
      source.readAt(into, offset);
      const last = Math.floor((offset + into.length - 1) / blockSize);
      for (let block = Math.floor(offset / blockSize); block <= last; block++) {
        const copy = log.newest.get(block);
        const bytes = copy && readCopy(log, copy);
        if (bytes === undefined) continue;
        const from = Math.max(offset, block * blockSize);
        const to = Math.min(offset + into.length, (block + 1) * blockSize);
        into.set(bytes.subarray(from - block * blockSize, to - block * blockSize), from - offset);
      }
    },
  };
}
