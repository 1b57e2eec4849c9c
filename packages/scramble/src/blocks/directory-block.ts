import {
  DIR_ENTRY_HEADER,
  DIRENT_HASH_SIZE,
  dirBlockChecksum,
  dirEntryLayout,
  direntHashOffset,
  dirTailLayout,
  INODE,
  inodeSeed,
  isDotName,
  isDxNode,
  isLostAndFound,
} from '@e2image/ext-core/structures';
import type { ScrambleCounts } from '../base/counts.ts';
import { blockRecords, type RecordList } from '../directory/dir-records.ts';
import { hasRootShape } from '../directory/index-root.ts';
import type { KeyTable } from '../names/key-table.ts';
import { alphabetOf, MAX_SHORT, NameStreams, unpackName } from '../names/name-streams.ts';
import { spell } from '../secret/alphabet.ts';
import { renewChecksum } from '../secret/checksum-renewal.ts';
import { PURPOSE } from '../secret/keyed-hash.ts';
import { clearBytes, scrambleBytes } from '../secret/scramble-bytes.ts';
import { type ClassRun, OWNER_FLAG } from '../survey/block-classes.ts';
import type { Block, Context } from './context.ts';
import { scrambleIndexBlock } from './index-block.ts';

/** The largest file type of an entry; larger values are damage. */
const MAX_FILE_TYPE = 7;
/** A file type that does not exist: what damage becomes. */
const BAD_FILE_TYPE = 0x7f;

/** The directory that records belong to, and its new names. */
export interface DirectoryOwner {
  readonly inode: number;
  /** `OWNER_FLAG`s. */
  readonly flags: number;
  /** New names that were chosen one by one; undefined where all are computed from the old ones, as in nearly every directory. */
  readonly chosen: ChosenNames | undefined;
}

/** The index of each new name in its stream, by the digest of the old name. */
interface ChosenNames {
  readonly numbers: KeyTable;
  readonly streams: NameStreams;
}

/**
 * The owner of records that will be scrambled next. It is valid until the next call.
 *
 * @param lists all records of the directory; ignored where its names were chosen before
 */
export function directoryOwner(
  { hash, namer }: Context,
  { inode, flags }: { readonly inode: number; readonly flags: number },
  lists: readonly RecordList[],
): DirectoryOwner {
  const numbers = namer.chosenFor(inode, flags, lists);
  return { inode, flags, chosen: numbers && { numbers, streams: new NameStreams(hash, inode, flags) } };
}

/**
 * Scramble one block of a directory: the entries of its index or its records, and the checksum.
 *
 * @param logical number of the block in the directory
 */
export function scrambleDirectoryBlock(
  context: Context,
  block: Block,
  { owner: inode, flags, generation }: ClassRun,
  logical: number,
  counts: ScrambleCounts,
): void {
  const { bytes, view } = block;
  const isIndexed = (flags & OWNER_FLAG.indexed) !== 0;
  const seed = inodeSeed(context.seed, inode, generation);
  if (isIndexed && (logical === 0 ? hasRootShape(view, bytes.length) : isDxNode(view, 0, bytes.length))) {
    scrambleIndexBlock(context, block, { inode, logical, seed });
    return;
  }
  const list = blockRecords(bytes, view);
  const hasTail = list.end < bytes.length;
  const before = hasTail ? dirBlockChecksum(seed, bytes) : 0;
  const isWhole = scrambleRecords(context, directoryOwner(context, { inode, flags }, [list]), list, counts);
  if (!isWhole) {
    counts.damagedBlocks++;
    const message = `inode ${inode}: block ${block.number} is not a list of directory entries, scrambled as bytes`;
    context.onProblem?.({ code: 'corrupt-directory', message, block: block.number, inode });
  }
  if (!hasTail) return;
  const stored = dirTailLayout.det_checksum.get(view, list.end);
  dirTailLayout.det_checksum.set(view, list.end, renewChecksum(stored, before, dirBlockChecksum(seed, bytes)));
}

/**
 * Scramble the names in a list of records, and clear the rest of each record.
 *
 * @returns false when the list ends with something that is not a record: it was scrambled as bytes
 */
export function scrambleRecords(
  context: Context,
  owner: DirectoryOwner,
  list: RecordList,
  counts: ScrambleCounts,
): boolean {
  const { bytes, view, positions, end } = list;
  const count = positions.length - 1;
  for (let i = 0; i < count; i++) {
    const at = positions[i] as number;
    const next = positions[i + 1] as number;
    if (dirEntryLayout.file_type.get(view, at) > MAX_FILE_TYPE) dirEntryLayout.file_type.set(view, at, BAD_FILE_TYPE);
    const nameLength = dirEntryLayout.name_len.get(view, at);
    if (nameLength === 0) {
      bytes.fill(0, at + DIR_ENTRY_HEADER, next);
    } else if (isDotName(bytes, at + DIR_ENTRY_HEADER, nameLength)) {
      clearAfterDots(bytes, at + DIR_ENTRY_HEADER + nameLength, next);
    } else {
      scrambleRecord(context, owner, list, at, next);
      if (dirEntryLayout.inode.get(view, at) === 0) counts.deletedNames++;
      else counts.names++;
    }
  }
  const at = positions[count] as number;
  if (at >= end) return true;
  // Fewer bytes than the head of a record contain an inode number at most.
  if (at + DIR_ENTRY_HEADER > end) return false;
  scrambleBytes(context.hash, bytes, at, end);
  // Scrambled bytes must not become a record by chance: this length is odd, and too long in blocks of 64 KiB.
  dirEntryLayout.rec_len.set(view, at, 5);
  return false;
}

/** Clear the rest of `.` and `..`. e2fsck reports when no zero byte follows the name: that defect is kept. */
function clearAfterDots(bytes: Uint8Array, from: number, to: number): void {
  const isUnterminated = from < to && bytes[from] !== 0;
  bytes.fill(0, from, to);
  if (isUnterminated) bytes[from] = 1;
}

/** Scramble the record `[at, end)`, which has a name. Five arguments: an object for each record would be slower. */
function scrambleRecord(
  context: Context,
  owner: DirectoryOwner,
  { bytes, view }: RecordList,
  at: number,
  end: number,
): void {
  const name = at + DIR_ENTRY_HEADER;
  const nameLength = dirEntryLayout.name_len.get(view, at);
  const isKept = owner.inode === INODE.root && isLostAndFound(bytes, name, nameLength);
  const newLength = isKept ? nameLength : renameAt(context, owner, bytes, name, nameLength);
  if (newLength !== nameLength) dirEntryLayout.name_len.set(view, at, newLength);
  const hashes = hasStoredHashes(owner.flags) ? at + direntHashOffset(nameLength) : end;
  if (hashes + DIRENT_HASH_SIZE <= end) {
    // Hash and minor hash depend on the encryption key: every encrypted name fits them.
    bytes.fill(0, name + newLength, hashes);
    bytes.fill(0, hashes + DIRENT_HASH_SIZE, end);
  } else {
    clearBytes(bytes, name + newLength, end);
  }
}

const hasStoredHashes = (flags: number): boolean =>
  (flags & OWNER_FLAG.encrypted) !== 0 && (flags & OWNER_FLAG.casefold) !== 0;

/** Write the new name over an old one. @returns bytes of the new name: more than before only for short names */
function renameAt(
  { hash }: Context,
  { inode, flags, chosen }: DirectoryOwner,
  bytes: Uint8Array,
  at: number,
  length: number,
): number {
  hash.digest(PURPOSE.name, inode, bytes, at, length);
  const { high, low } = hash;
  const number = chosen === undefined ? -1 : chosen.numbers.get(high, low);
  if (chosen !== undefined && number >= 0) return writeChosen(chosen.streams, bytes, at, length, number);
  spell(bytes, at, length, high, low, alphabetOf(flags));
  return length;
}

function writeChosen(streams: NameStreams, bytes: Uint8Array, at: number, length: number, number: number): number {
  // At most four bytes: every record has room for them, as it has at least 12 bytes.
  if (length <= MAX_SHORT) return unpackName(number, bytes, at);
  streams.write(bytes, at, length, number);
  return length;
}
