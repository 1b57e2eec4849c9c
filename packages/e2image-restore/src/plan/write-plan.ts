import { Buffer } from 'node:buffer';
import { descChecksums, isExtError, isSuperblockIntact, openFilesystem } from '@e2image/ext-core';
import {
  primarySuperblockBlock,
  SCRAMBLED_MARK,
  SUPERBLOCK_OFFSET,
  SUPERBLOCK_SIZE,
  type Superblock,
} from '@e2image/ext-core/structures';
import { type BlockRun, BlockSet } from '@e2image/ext-core/walk';
import { type ByteRange, isolateErrors, isUnreadable, memorySource, type Source } from '@e2image/sparse-io';
import { overlay, patched, rangesOf, type Segment } from '../base/segments.ts';
import { emptied } from '../device/empty-journal.ts';
import { identityReasons, superblocksOf } from '../device/identity.ts';
import { type JournalSides, journalReasons, journalState, readJournalAt, withoutRecovery } from '../device/journal.ts';
import { type ImageContent, SUPERBLOCK_RANGE } from '../image/content.ts';
import { findDifferences } from './compare.ts';
import { mmpReasons } from './mmp-reasons.ts';
import type { RestorePlan } from './restore-plan.ts';

/** What will be written, and what was found when the image was compared with the device. */
export interface WritePlan {
  readonly content: ImageContent;
  readonly blockSize: number;
  /** Bytes of the file system. */
  readonly size: number;
  /** The device as it will be; whole blocks of `runs` are read from it. */
  readonly wanted: Source;
  /** All that the image has for the device except the primary superblock: what a verification compares. */
  readonly ranges: readonly ByteRange[];
  /** Blocks to overwrite, without that of the primary superblock. */
  readonly runs: readonly BlockRun[];
  /** The primary superblock as it will be and as it is: 1,024 bytes each, zeros when it cannot be read. */
  readonly superblock: { readonly wanted: Uint8Array; readonly now: Uint8Array; readonly differs: boolean };
  /** Blocks of the device that cannot be read now; they are among those to overwrite. */
  readonly unreadable: readonly BlockRun[];
  /** What the user should know first, one sentence each. */
  readonly notes: readonly string[];
  /** Why nothing may be written, also with `--force`, one sentence each. */
  readonly obstacles: readonly string[];
  /** Why nothing may be written without `--force`, one sentence each. */
  readonly refusals: readonly string[];
  /** True when one of `refusals` is about journals, so that `--drop-journal` would do. */
  readonly isJournalRefusal: boolean;
}

/** Compare an image with its device, and decide what to write. Nothing is written. */
export async function planWrites(
  content: ImageContent,
  device: Source,
  { isJournalDropped }: Pick<RestorePlan, 'isJournalDropped'>,
): Promise<WritePlan> {
  const { fs } = content;
  const { blockSize } = fs;
  const lost: BlockRun[] = [];
  const now = readSuperblockNow(device, () => lost.push({ start: primarySuperblockBlock(fs.superblock), count: 1 }));
  const journal = decideJournal(content, device, isJournalDropped);
  const segments = patched(content.segments, journal.patches);
  const ranges = rangesOf(segments);
  const wanted = overlay(
    device,
    [...segments, superblockSegment(journal.superblock)].sort((a, b) => a.offset - b.offset),
  );
  const { runs, unreadable } = await findDifferences({ wanted, device }, ranges, blockSize);
  const found = superblocksOf(device, fs.superblock);
  const primary = found.find(({ offset }) => offset === SUPERBLOCK_OFFSET)?.sb;
  const mmp = mmpReasons(device, primary, fs.superblock);
  const refusals = [...identityReasons(found, fs.superblock), ...scrambledReasons(content), ...mmp.refusals];
  const differs = Buffer.compare(now, journal.superblock) !== 0;
  // If nothing is written, the state of the journal does not matter.
  const journalRefusals = runs.length > 0 || differs ? journal.reasons : [];
  return {
    content,
    blockSize,
    size: fs.blocksCount * blockSize,
    wanted,
    ranges,
    runs,
    superblock: { wanted: journal.superblock, now, differs },
    unreadable: [...lost, ...unreadable],
    notes: [...checksumNotes(content), ...journal.notes, ...changedSince(found[0]?.sb, fs.superblock)],
    obstacles: mmp.obstacles,
    refusals: [...refusals, ...journalRefusals],
    isJournalRefusal: journalRefusals.length > 0,
  };
}

const superblockSegment = (superblock: Uint8Array): Segment => ({
  ...SUPERBLOCK_RANGE,
  source: memorySource(superblock),
  from: 0,
});

/** The 1,024 bytes of the primary superblock as they are. What cannot be read is zeros, so it differs from any superblock. */
export function readSuperblockNow(device: Source, onBad: () => void = () => {}): Uint8Array {
  const raw = new Uint8Array(SUPERBLOCK_SIZE);
  isolateErrors(device, { blockSize: SUPERBLOCK_SIZE, onBad }).readAt(raw, SUPERBLOCK_OFFSET);
  return raw;
}

interface JournalDecision {
  readonly superblock: Uint8Array;
  readonly patches: readonly Segment[];
  readonly reasons: readonly string[];
  readonly notes: readonly string[];
}

/** Decide whether the journal stays or is dropped. */
function decideJournal(content: ImageContent, device: Source, isJournalDropped: boolean): JournalDecision {
  const sides = journalSides(content, device);
  const reasons = journalReasons(sides);
  const notes: string[] = [];
  if (sides.after.block !== undefined && sides.after.raw === undefined) {
    notes.push(`there is no journal at block ${sides.after.block}, where the image has it; e2fsck will make a new one`);
  }
  if (!isJournalDropped || reasons.length === 0) return { superblock: content.superblock, patches: [], reasons, notes };
  const { block, raw } = sides.after;
  const patches = block === undefined || raw === undefined ? [] : [journalPatch(content, device, block, emptied(raw))];
  notes.push('the journal is dropped: changes that were not replayed are lost');
  return { superblock: withoutRecovery(content.superblock), patches, reasons: [], notes };
}

function journalSides(content: ImageContent, device: Source): JournalSides {
  const { superblock, segments, fs } = content;
  const all = [...segments, superblockSegment(superblock)].sort((a, b) => a.offset - b.offset);
  // A file that is too short will be extended; what it lacks cannot be read now.
  const grown = { ...withoutExtents(device), size: Math.max(device.size, fs.blocksCount * fs.blockSize) };
  const after = journalState(openFilesystem(overlay(grown, all)));
  const there = after.block === undefined ? undefined : readJournalAt(device, after.block * fs.blockSize);
  return { now: stateNow(device), after, there, isRestored: content.hasJournal };
}

const withoutExtents = (source: Source): Source => ({ size: source.size, readAt: source.readAt.bind(source) });

function stateNow(device: Source): ReturnType<typeof journalState> | undefined {
  try {
    return journalState(openFilesystem(device));
  } catch (error) {
    if (isExtError(error) || isUnreadable(error)) return undefined;
    throw error;
  }
}

/** The journal's first block with another superblock in it. */
function journalPatch(content: ImageContent, device: Source, block: number, superblock: Uint8Array): Segment {
  const { blockSize } = content.fs;
  const bytes = new Uint8Array(blockSize);
  overlay(device, content.segments).readAt(bytes, block * blockSize);
  bytes.set(superblock);
  return { offset: block * blockSize, length: blockSize, source: memorySource(bytes), from: 0 };
}

function scrambledReasons({ fs }: ImageContent): string[] {
  if (fs.superblock.lastMounted !== SCRAMBLED_MARK) return [];
  return ['the image is scrambled: the names of files would be lost'];
}

/** Checksums in the image that are wrong: it was damaged, or made of a damaged file system, and block numbers may be wrong. */
function checksumNotes({ fs, superblock }: ImageContent): string[] {
  const notes: string[] = [];
  if (!isSuperblockIntact(fs.superblock, superblock)) notes.push('the superblock in the image has a wrong checksum');
  const checksums = descChecksums(fs.superblock, fs.descTable);
  let wrong = 0;
  for (let group = 0; group < fs.groupCount; group++) if (!checksums.isIntact(group)) wrong++;
  if (wrong > 0) notes.push(`${wrong} of ${fs.groupCount} group descriptors in the image have wrong checksums`);
  return notes;
}

function changedSince(device: Superblock | undefined, image: Superblock): string[] {
  if (device === undefined || device.writtenAt <= image.writtenAt) return [];
  return [
    `the file system on the device was written at ${dateText(device.writtenAt)}, after the state in the image (${dateText(image.writtenAt)}): ` +
      'files made since will be lost, and files changed or removed since may come back with wrong contents',
  ];
}

/** The largest time that a Date can hold, in seconds before or after 1970. */
const MAX_DATE = 8.64e12;

/** A time in seconds since 1970 for people; a damaged image may hold any. */
export const dateText = (seconds: number): string =>
  seconds > MAX_DATE
    ? `second ${seconds} since 1970`
    : new Date(seconds * 1000).toISOString().replace('T', ' ').replace('.000Z', ' UTC');

/** All blocks that will be overwritten, that of the primary superblock included: ascending, disjoint. */
export function allRuns(plan: WritePlan): BlockRun[] {
  const set = new BlockSet();
  for (const { start, count } of plan.runs) set.add(start, count);
  if (plan.superblock.differs) set.add(primarySuperblockBlock(plan.content.fs.superblock), 1);
  return [...set.runs()];
}
