import {
  DIR_ENTRY_HEADER,
  DIR_TAIL_SIZE,
  DIRENT_HASH_SIZE,
  dirBlockChecksum,
  dirEntryLayout,
  direntHashOffset,
  dirTailLayout,
  hasDirTail,
  INODE,
  inodeSeed,
  isDotName,
  isDxNode,
  isLostAndFound,
} from '@e2image/ext-core';
import { spell } from './alphabet.ts';
import { type ClassRun, OWNER_FLAG } from './block-classes.ts';
import { renewChecksum } from './checksum-renewal.ts';
import type { Block, Context, ScrambleCounts } from './context.ts';
import { walkRecords } from './dir-records.ts';
import { scrambleIndexBlock } from './index-block.ts';
import { hasRootShape } from './index-root.ts';
import { PURPOSE } from './keyed-hash.ts';
import { alphabetOf, MAX_SHORT, NameStreams, unpackName } from './name-source.ts';
import { scrambleBytes } from './scramble-bytes.ts';

/** Types of entries up to here are files; above is damage. */
const MAX_FILE_TYPE = 7;
/** A type that no file has. */
const BAD_FILE_TYPE = 0x7f;

/** The directory that records belong to, and what its new names come from. */
export interface DirectoryOwner {
  readonly inode: number;
  /** `OWNER_FLAG`s. */
  readonly flags: number;
  readonly streams: NameStreams;
}

export const directoryOwner = (context: Context, inode: number, flags: number): DirectoryOwner => ({
  inode,
  flags,
  streams: new NameStreams(context.hash, inode, flags),
});

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
  const hasTail = hasDirTail(view, 0, bytes.length);
  const before = hasTail ? dirBlockChecksum(seed, bytes) : 0;
  const isWhole = scrambleRecords(context, directoryOwner(context, inode, flags), bytes, true, counts);
  if (!isWhole) {
    counts.damagedBlocks++;
    const message = `inode ${inode}: block ${block.number} is no list of directory entries, scrambled as bytes`;
    context.onProblem?.({ code: 'corrupt-directory', message, block: block.number, inode });
  }
  if (!hasTail) return;
  const tail = bytes.length - DIR_TAIL_SIZE;
  const stored = dirTailLayout.det_checksum.get(view, tail);
  dirTailLayout.det_checksum.set(view, tail, renewChecksum(stored, before, dirBlockChecksum(seed, bytes)));
}

/**
 * Scramble the names in records that tile `bytes`, and clear what is behind the names.
 *
 * @param tail whether a checksum tail may end them
 * @returns false when something is no record; from there on everything was scrambled as bytes
 */
export function scrambleRecords(
  context: Context,
  owner: DirectoryOwner,
  bytes: Uint8Array,
  tail: boolean,
  counts: ScrambleCounts,
): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const end = tail && hasDirTail(view, 0, bytes.length) ? bytes.length - DIR_TAIL_SIZE : bytes.length;
  const stop = walkRecords(view, { from: 0, to: bytes.length, tail }, (at, length, nameLength, inode) => {
    if (nameLength === 0) bytes.fill(0, at + 8, at + length);
    else scrambleRecord(context, owner, { bytes, view }, { at, length, nameLength });
    if (dirEntryLayout.file_type.get(view, at) > MAX_FILE_TYPE) dirEntryLayout.file_type.set(view, at, BAD_FILE_TYPE);
    if (nameLength === 0 || isDotName(bytes, at + 8, nameLength)) return;
    if (inode === 0) counts.deletedNames++;
    else counts.names++;
  });
  if (stop >= end) return true;
  // Less than the head of a record holds at most an inode number.
  if (stop + DIR_ENTRY_HEADER > end) return false;
  scrambleBytes(context.hash, bytes, stop, end);
  // It was no record; chance must not make it one. Odd, and too long in blocks of 64 KiB.
  dirEntryLayout.rec_len.set(view, stop, 5);
  return false;
}

interface RecordPlace {
  readonly at: number;
  readonly length: number;
  readonly nameLength: number;
}

function scrambleRecord(
  context: Context,
  owner: DirectoryOwner,
  { bytes, view }: Pick<Block, 'bytes' | 'view'>,
  { at, length, nameLength }: RecordPlace,
): void {
  const name = at + 8;
  const isDot = isDotName(bytes, name, nameLength);
  const hashes = direntHashOffset(nameLength);
  const hasHashes = !isDot && hasStoredHashes(owner.flags) && hashes + DIRENT_HASH_SIZE <= length;
  let newLength = nameLength;
  const isKept = isDot || (owner.inode === INODE.root && isLostAndFound(bytes, name, nameLength));
  if (!isKept) newLength = renameAt(context, owner, bytes, name, nameLength);
  if (newLength !== nameLength) dirEntryLayout.name_len.set(view, at, newLength);
  if (!hasHashes) {
    // e2fsck asks whether a zero byte follows `.` and `..`: where none does, none does afterwards.
    const isUnterminated = isDot && nameLength + 8 < length && bytes[name + nameLength] !== 0;
    bytes.fill(0, name + newLength, at + length);
    if (isUnterminated) bytes[name + nameLength] = 1;
    return;
  }
  // Hash and minor hash were made with the encryption key: any cipher text fits them.
  bytes.fill(0, name + newLength, at + hashes);
  bytes.fill(0, at + hashes + DIRENT_HASH_SIZE, at + length);
}

const hasStoredHashes = (flags: number): boolean =>
  (flags & OWNER_FLAG.encrypted) !== 0 && (flags & OWNER_FLAG.casefold) !== 0;

/** Write the new name over an old one. @returns bytes of the new name: more only for the shortest */
function renameAt(
  { hash, namer }: Context,
  { inode, flags, streams }: DirectoryOwner,
  bytes: Uint8Array,
  at: number,
  length: number,
): number {
  hash.digest(PURPOSE.name, inode, bytes, at, length);
  const { high, low } = hash;
  const chosen = namer.chosen.get(high, low);
  if (chosen < 0) {
    spell(bytes, at, length, high, low, alphabetOf(flags));
    return length;
  }
  if (length > MAX_SHORT) {
    streams.write(bytes, at, length, chosen);
    return length;
  }
  // Up to four bytes: a record is at least 12 bytes, so that each has room for them.
  return unpackName(chosen, bytes, at);
}
