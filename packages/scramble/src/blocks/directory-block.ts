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

/** Types of entries up to here are files; above is damage. */
const MAX_FILE_TYPE = 7;
/** A type that no file has. */
const BAD_FILE_TYPE = 0x7f;

/** The directory that records belong to, and what its new names come from. */
export interface DirectoryOwner {
  readonly inode: number;
  /** `OWNER_FLAG`s. */
  readonly flags: number;
  /** New names that were chosen; undefined where none were, as nearly everywhere. */
  readonly chosen: ChosenNames | undefined;
}

/** By the digest of an old name, the number of the new one among those that follow from the key. */
interface ChosenNames {
  readonly numbers: KeyTable;
  readonly streams: NameStreams;
}

/**
 * The directory of records that are about to be scrambled. One at a time: what was chosen is forgotten with the next.
 *
 * @param lists all records of the directory, where it was not named beforehand
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
 * Scramble one block of a directory: its index or its entries, and the checksum.
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
    const message = `inode ${inode}: block ${block.number} is no list of directory entries, scrambled as bytes`;
    context.onProblem?.({ code: 'corrupt-directory', message, block: block.number, inode });
  }
  if (!hasTail) return;
  const stored = dirTailLayout.det_checksum.get(view, list.end);
  dirTailLayout.det_checksum.set(view, list.end, renewChecksum(stored, before, dirBlockChecksum(seed, bytes)));
}

/**
 * Scramble the names in a list of records, and clear what is behind them.
 *
 * @returns false when something is no record; from there on everything was scrambled as bytes
 */
export function scrambleRecords(
  context: Context,
  owner: DirectoryOwner,
  list: RecordList,
  counts: ScrambleCounts,
): boolean {
  const { bytes, view, places, end } = list;
  const count = places.length - 1;
  for (let i = 0; i < count; i++) {
    const at = places[i] as number;
    const behind = places[i + 1] as number;
    if (dirEntryLayout.file_type.get(view, at) > MAX_FILE_TYPE) dirEntryLayout.file_type.set(view, at, BAD_FILE_TYPE);
    const nameLength = dirEntryLayout.name_len.get(view, at);
    if (nameLength === 0) {
      bytes.fill(0, at + DIR_ENTRY_HEADER, behind);
    } else if (isDotName(bytes, at + DIR_ENTRY_HEADER, nameLength)) {
      clearBehindDots(bytes, at + DIR_ENTRY_HEADER + nameLength, behind);
    } else {
      scrambleRecord(context, owner, list, at, behind);
      if (dirEntryLayout.inode.get(view, at) === 0) counts.deletedNames++;
      else counts.names++;
    }
  }
  const at = places[count] as number;
  if (at >= end) return true;
  // Less than the head of a record holds at most an inode number.
  if (at + DIR_ENTRY_HEADER > end) return false;
  scrambleBytes(context.hash, bytes, at, end);
  // It was no record; chance must not make it one. Odd, and too long in blocks of 64 KiB.
  dirEntryLayout.rec_len.set(view, at, 5);
  return false;
}

/** e2fsck asks whether a zero byte follows `.` and `..`: where none does, none does afterwards. */
function clearBehindDots(bytes: Uint8Array, from: number, to: number): void {
  const isUnterminated = from < to && bytes[from] !== 0;
  bytes.fill(0, from, to);
  if (isUnterminated) bytes[from] = 1;
}

/** Scramble the record `[at, behind)`, which has a name. Numbers one by one: an object for each record would cost more. */
function scrambleRecord(
  context: Context,
  owner: DirectoryOwner,
  { bytes, view }: RecordList,
  at: number,
  behind: number,
): void {
  const name = at + DIR_ENTRY_HEADER;
  const nameLength = dirEntryLayout.name_len.get(view, at);
  const isKept = owner.inode === INODE.root && isLostAndFound(bytes, name, nameLength);
  const newLength = isKept ? nameLength : renameAt(context, owner, bytes, name, nameLength);
  if (newLength !== nameLength) dirEntryLayout.name_len.set(view, at, newLength);
  const hashes = hasStoredHashes(owner.flags) ? at + direntHashOffset(nameLength) : behind;
  if (hashes + DIRENT_HASH_SIZE <= behind) {
    // Hash and minor hash were made with the encryption key: any cipher text fits them.
    bytes.fill(0, name + newLength, hashes);
    bytes.fill(0, hashes + DIRENT_HASH_SIZE, behind);
  } else {
    clearBytes(bytes, name + newLength, behind);
  }
}

const hasStoredHashes = (flags: number): boolean =>
  (flags & OWNER_FLAG.encrypted) !== 0 && (flags & OWNER_FLAG.casefold) !== 0;

/** Write the new name over an old one. @returns bytes of the new name: more only for the shortest */
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
  // Up to four bytes: a record is at least 12 bytes, so that each has room for them.
  if (length <= MAX_SHORT) return unpackName(number, bytes, at);
  streams.write(bytes, at, length, number);
  return length;
}
