import type { ByteRange } from '@e2image/ext-core';
import {
  EXTENT_ENTRY_SIZE,
  EXTENT_MAGIC,
  extentHeaderLayout,
  fileSize,
  fileType,
  hasBlockMap,
  hasIncompat,
  hasInlineData,
  I_BLOCK,
  I_BLOCK_SIZE,
  INODE,
  INODE_FLAG,
  inlineDataSpans,
  inlineDirSpans,
  inodeChecksum,
  inodeChecksumMask,
  inodeLayout,
  inodeSeed,
  inodeXattrArea,
  inodeXattrStart,
  isExtentHeader,
  MODE,
  readXattrs,
  storedInodeChecksum,
  storeInodeChecksum,
  type XattrList,
  xattrBlock,
} from '@e2image/ext-core/structures';
import type { ScrambleCounts } from '../base/counts.ts';
import { type RecordList, recordList } from '../directory/dir-records.ts';
import { renewChecksum } from '../secret/checksum-renewal.ts';
import { isZero, scrambleBytes } from '../secret/scramble-bytes.ts';
import { OWNER_FLAG } from '../survey/block-classes.ts';
import { noteAttributes, scrambleAttributes } from './attributes.ts';
import type { Block, Context } from './context.ts';
import { directoryOwner, scrambleRecords } from './directory-block.ts';
import { isGarbageInode, scrambleGarbageFields } from './garbage-inode.ts';
import { scrambleEncryptedTarget, scrambleTarget, targetLength } from './link-target.ts';
import { eachInodeToScramble } from './plain-inodes.ts';

/** Known fields of an inode end here; extra fields that the future brings are kept while they are within their size. */
const KNOWN_FIELDS = 160;

/**
 * Scramble blocks of an inode table.
 *
 * @param first number of its first inode
 */
export function scrambleInodeBlocks(context: Context, block: Block, first: number, counts: ScrambleCounts): void {
  const size = context.fs.superblock.inodeSize;
  eachInodeToScramble(block, size, (index) => {
    scrambleInode(context, block, { inode: first + index, base: index * size, size }, counts);
  });
}

interface InodePlace {
  readonly inode: number;
  readonly base: number;
  readonly size: number;
}

function scrambleInode(context: Context, block: Block, place: InodePlace, counts: ScrambleCounts): void {
  const { view } = block;
  const { inode, base, size } = place;
  const seed = inodeSeed(context.seed, inode, inodeLayout.i_generation.get(view, base));
  const before = context.hasChecksums ? inodeChecksum(seed, view, base, size) : 0;
  const stored = storedInodeChecksum(view, base, size);
  if (isFree(context, view, place)) clearFreeInode(block, place, counts);
  else scrambleUsedInode(context, block, place, counts);
  if (!context.hasChecksums) return;
  const mask = inodeChecksumMask(view, base, size);
  const after = inodeChecksum(seed, view, base, size);
  storeInodeChecksum(view, base, size, renewChecksum(stored, before, after, mask));
}

/** Without links and not waiting to be deleted. The bad-block inode has no links either. */
function isFree(context: Context, view: DataView, { inode, base }: InodePlace): boolean {
  return inodeLayout.i_links_count.get(view, base) === 0 && inode !== INODE.badBlocks && !context.isOrphan(inode);
}

/** What a free inode still holds of its file: the map area, unless it is an extent root, and the attributes. */
function clearFreeInode({ bytes, view }: Block, { base, size }: InodePlace, counts: ScrambleCounts): void {
  const map = base + I_BLOCK;
  const end = map + I_BLOCK_SIZE;
  const rest = base + (inodeXattrStart(view, base, size) ?? Math.min(KNOWN_FIELDS, size));
  const isEmpty = isZero(bytes, map, end) && isZero(bytes, rest, base + size);
  if (isExtentRoot(view, base)) clearExtentSlack(bytes, view, map, end);
  else bytes.fill(0, map, end);
  bytes.fill(0, rest, base + size);
  if (!isEmpty) counts.freeInodes++;
}

function scrambleUsedInode(context: Context, block: Block, place: InodePlace, counts: ScrambleCounts): void {
  const { bytes, view } = block;
  const { inode, base, size } = place;
  if (isGarbageInode(view, base, size)) {
    scrambleGarbageFields(context.hash, bytes, place);
    counts.damagedBlocks++;
  }
  const value = context.values.get(inode);
  if (value) inodeLayout.i_atime.set(view, base, value.after);
  const area = inodeXattrArea(view, base, size);
  // Where content goes on is told by an attribute, and the hash of that counts the content.
  const attributes = area && noteAttributes(context, block, area);
  scrambleMap(context, block, place, counts);
  if (attributes) scrambleAttributes(context, block, attributes, counts);
  else {
    const start = inodeXattrStart(view, base, size);
    if (start !== undefined) scrambleBytes(context.hash, bytes, base + start, base + size);
    else if (size > KNOWN_FIELDS) scrambleBytes(context.hash, bytes, base + KNOWN_FIELDS, base + size);
  }
}

const isExtentRoot = (view: DataView, base: number): boolean =>
  (inodeLayout.i_flags.get(view, base) & INODE_FLAG.extents) !== 0 &&
  isExtentHeader(view, base + I_BLOCK, I_BLOCK_SIZE);

/** The 60 bytes that are a map, an extent root, a link target or content. */
function scrambleMap(context: Context, block: Block, place: InodePlace, counts: ScrambleCounts): void {
  const { bytes, view } = block;
  const { base } = place;
  const map = base + I_BLOCK;
  const end = map + I_BLOCK_SIZE;
  const type = fileType(view, base);
  const acl = xattrBlock(view, base, hasIncompat(context.fs.superblock, '64bit'));
  const isMapped = type === MODE.directory || type === MODE.regular || hasBlockMap(view, base, acl);
  if (hasInlineData(view, base)) scrambleInline(context, block, place, counts);
  else if (isMapped && (inodeLayout.i_flags.get(view, base) & INODE_FLAG.extents) !== 0) {
    if (extentHeaderLayout.eh_magic.get(view, map) === EXTENT_MAGIC) clearExtentSlack(bytes, view, map, end);
    else scrambleBytes(context.hash, bytes, map, end);
  } else if (isMapped || place.inode === INODE.badBlocks) return;
  else if (type === MODE.symlink) scrambleShortLink(context, block, base, counts);
  else clearDeviceSlack(bytes, map, end, type);
}

/** Zero the room for extents behind those in use. */
function clearExtentSlack(bytes: Uint8Array, view: DataView, root: number, end: number): void {
  const used = root + EXTENT_ENTRY_SIZE * (1 + extentHeaderLayout.eh_entries.get(view, root));
  if (used < end) bytes.fill(0, used, end);
}

/** Devices keep their numbers in the first two words; e2fsck asks whether the others are zero, so those stay or are 1. */
function clearDeviceSlack(bytes: Uint8Array, map: number, end: number, type: number): void {
  const isSpecial = [MODE.characterDevice, MODE.blockDevice, MODE.fifo, MODE.socket].some((one) => one === type);
  for (let at = isSpecial ? map + 8 : map; at < end; at++) if (bytes[at] !== 0) bytes[at] = 1;
}

function scrambleShortLink({ hash }: Context, { bytes, view }: Block, base: number, counts: ScrambleCounts): void {
  const target = bytes.subarray(base + I_BLOCK, base + I_BLOCK + I_BLOCK_SIZE);
  if (isEncrypted(view, base)) scrambleEncryptedTarget(hash, target);
  else scrambleTarget(hash, target, targetLength(target));
  counts.linkTargets++;
}

const isEncrypted = (view: DataView, base: number): boolean =>
  (inodeLayout.i_flags.get(view, base) & INODE_FLAG.encrypt) !== 0;

function scrambleInline(
  context: Context,
  block: Block,
  { inode, base, size }: InodePlace,
  counts: ScrambleCounts,
): void {
  const { bytes, view } = block;
  const list = inlineAttributes(view, base, size);
  const type = fileType(view, base);
  if (type === MODE.directory) {
    const lists = inlineRecords(block, inlineDirSpans(view, base, list));
    const owner = directoryOwner(context, { inode, flags: ownerFlags(view, base) }, lists);
    for (const records of lists) if (!scrambleRecords(context, owner, records, counts)) counts.damagedBlocks++;
    return;
  }
  const spans = inlineDataSpans(view, base, list);
  if (type === MODE.symlink) {
    scrambleInlineLink(context, bytes, spans, isEncrypted(view, base) ? undefined : fileSize(view, base));
    counts.linkTargets++;
    return;
  }
  if (context.allData) return;
  for (const { offset, length } of spans) bytes.fill(0, offset, offset + length);
  counts.inlineFiles++;
}

/** A link target in two pieces: put together, scrambled, and taken apart again. */
function scrambleInlineLink(
  { hash }: Context,
  bytes: Uint8Array,
  spans: readonly ByteRange[],
  size: number | undefined,
): void {
  const whole = new Uint8Array(spans.reduce((total, { length }) => total + length, 0));
  let at = 0;
  for (const { offset, length } of spans) {
    whole.set(bytes.subarray(offset, offset + length), at);
    at += length;
  }
  if (size === undefined) scrambleEncryptedTarget(hash, whole);
  else scrambleTarget(hash, whole, Math.min(size, targetLength(whole)));
  at = 0;
  for (const { offset, length } of spans) {
    bytes.set(whole.subarray(at, at + length), offset);
    at += length;
  }
}

/** The records of an inline directory. */
export const inlineRecords = ({ bytes }: Pick<Block, 'bytes'>, spans: readonly ByteRange[]): RecordList[] =>
  spans.map(({ offset, length }) => {
    const view = new DataView(bytes.buffer, bytes.byteOffset + offset, length);
    return recordList(bytes.subarray(offset, offset + length), view, length);
  });

/** `OWNER_FLAG`s of an inode, but not whether it has an index. */
export function ownerFlags(view: DataView, base: number): number {
  const bits = inodeLayout.i_flags.get(view, base);
  return (
    ((bits & INODE_FLAG.encrypt) !== 0 ? OWNER_FLAG.encrypted : 0) |
    ((bits & INODE_FLAG.casefold) !== 0 ? OWNER_FLAG.casefold : 0)
  );
}

/** The attributes inside an inode. */
function inlineAttributes(view: DataView, base: number, size: number): XattrList | undefined {
  const area = inodeXattrArea(view, base, size);
  return area && readXattrs(view, area);
}
