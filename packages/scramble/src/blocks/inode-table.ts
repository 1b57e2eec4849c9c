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

/** Offset after the last known field of an inode. Later fields, of a future kernel, are kept where `i_extra_isize` covers them. */
const KNOWN_FIELDS = inodeLayout.i_projid.offset + inodeLayout.i_projid.size;

/**
 * Scramble consecutive blocks of an inode table.
 *
 * @param first number of the first inode in them
 */
export function scrambleInodeBlocks(context: Context, block: Block, first: number, counts: ScrambleCounts): void {
  const size = context.fs.superblock.inodeSize;
  eachInodeToScramble(block, size, (index) => {
    scrambleInode(context, block, { inode: first + index, base: index * size, size }, counts);
  });
}

/** An inode in a block: its number, the offset of its first byte, and its bytes. */
interface InodePosition {
  readonly inode: number;
  readonly base: number;
  readonly size: number;
}

function scrambleInode(context: Context, block: Block, position: InodePosition, counts: ScrambleCounts): void {
  const { view } = block;
  const { inode, base, size } = position;
  const seed = inodeSeed(context.seed, inode, inodeLayout.i_generation.get(view, base));
  const before = context.hasChecksums ? inodeChecksum(seed, view, base, size) : 0;
  const stored = storedInodeChecksum(view, base, size);
  if (isFree(context, view, position)) clearFreeInode(block, position, counts);
  else scrambleUsedInode(context, block, position, counts);
  if (!context.hasChecksums) return;
  const mask = inodeChecksumMask(view, base, size);
  const after = inodeChecksum(seed, view, base, size);
  storeInodeChecksum(view, base, size, renewChecksum(stored, before, after, mask));
}

/** Whether an inode has no links and is not an orphan. The bad-block inode has no links, but is in use. */
function isFree(context: Context, view: DataView, { inode, base }: InodePosition): boolean {
  return inodeLayout.i_links_count.get(view, base) === 0 && inode !== INODE.badBlocks && !context.isOrphan(inode);
}

/** Clear what is left of the file of a free inode: the attributes and the map area, but not the extents. */
function clearFreeInode({ bytes, view }: Block, { base, size }: InodePosition, counts: ScrambleCounts): void {
  const map = base + I_BLOCK;
  const end = map + I_BLOCK_SIZE;
  const rest = base + (inodeXattrStart(view, base, size) ?? Math.min(KNOWN_FIELDS, size));
  const isEmpty = isZero(bytes, map, end) && isZero(bytes, rest, base + size);
  if (isExtentRoot(view, base)) clearExtentSlack(bytes, view, map, end);
  else bytes.fill(0, map, end);
  bytes.fill(0, rest, base + size);
  if (!isEmpty) counts.freeInodes++;
}

function scrambleUsedInode(context: Context, block: Block, position: InodePosition, counts: ScrambleCounts): void {
  const { bytes, view } = block;
  const { inode, base, size } = position;
  if (isGarbageInode(view, base, size)) {
    scrambleGarbageFields(context.hash, bytes, position);
    counts.damagedBlocks++;
  }
  const value = context.values.get(inode);
  if (value) inodeLayout.i_atime.set(view, base, value.after);
  const area = inodeXattrArea(view, base, size);
  // An attribute can contain the end of an inline file, and its hash depends on that: note it before that is scrambled.
  const attributes = area && noteAttributes(context, block, area);
  scrambleMap(context, block, position, counts);
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

/** Scramble the 60 bytes that are a block map, an extent root, a link target or content. */
function scrambleMap(context: Context, block: Block, position: InodePosition, counts: ScrambleCounts): void {
  const { bytes, view } = block;
  const { base } = position;
  const map = base + I_BLOCK;
  const end = map + I_BLOCK_SIZE;
  const type = fileType(view, base);
  const acl = xattrBlock(view, base, hasIncompat(context.fs.superblock, '64bit'));
  const isMapped = type === MODE.directory || type === MODE.regular || hasBlockMap(view, base, acl);
  if (hasInlineData(view, base)) scrambleInline(context, block, position, counts);
  else if (isMapped && (inodeLayout.i_flags.get(view, base) & INODE_FLAG.extents) !== 0) {
    if (extentHeaderLayout.eh_magic.get(view, map) === EXTENT_MAGIC) clearExtentSlack(bytes, view, map, end);
    else scrambleBytes(context.hash, bytes, map, end);
  } else if (isMapped || position.inode === INODE.badBlocks) return;
  else if (type === MODE.symlink) scrambleShortLink(context, block, base, counts);
  else clearDeviceSlack(bytes, map, end, type);
}

/** Zero the unused room for extents. */
function clearExtentSlack(bytes: Uint8Array, view: DataView, root: number, end: number): void {
  const used = root + EXTENT_ENTRY_SIZE * (1 + extentHeaderLayout.eh_entries.get(view, root));
  if (used < end) bytes.fill(0, used, end);
}

/** The first two words are the numbers of a device. e2fsck reports other bytes that are not zero: such bytes become 1. */
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
  { inode, base, size }: InodePosition,
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

/** Scramble a link target that is stored in several pieces. */
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

/** `OWNER_FLAG`s of an inode, without `indexed`. */
export function ownerFlags(view: DataView, base: number): number {
  const bits = inodeLayout.i_flags.get(view, base);
  return (
    ((bits & INODE_FLAG.encrypt) !== 0 ? OWNER_FLAG.encrypted : 0) |
    ((bits & INODE_FLAG.casefold) !== 0 ? OWNER_FLAG.casefold : 0)
  );
}

/** The attributes inside an inode; undefined when it has none. */
function inlineAttributes(view: DataView, base: number, size: number): XattrList | undefined {
  const area = inodeXattrArea(view, base, size);
  return area && readXattrs(view, area);
}
