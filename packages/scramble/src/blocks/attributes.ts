import {
  blockXattrArea,
  isInlineDataEntry,
  readXattrs,
  XATTR_HEADER_SIZE,
  XATTR_INDEX,
  type XattrArea,
  type XattrEntry,
  type XattrList,
  xattrBlockChecksum,
  xattrBlockHash,
  xattrEntryHash,
  xattrEntryLayout,
  xattrEntrySize,
  xattrHeaderLayout,
} from '@e2image/ext-core/structures';
import type { ScrambleCounts } from '../base/counts.ts';
import { PLAIN_ALPHABET, spell } from '../secret/alphabet.ts';
import { renewChecksum } from '../secret/checksum-renewal.ts';
import { PURPOSE } from '../secret/keyed-hash.ts';
import { scrambleBytes } from '../secret/scramble-bytes.ts';
import type { Block, Context } from './context.ts';

/** Attributes that are kept: access lists, which stay visible, and the contexts of encryption and verity. */
const KEPT: ReadonlySet<number> = new Set([
  XATTR_INDEX.posixAclAccess,
  XATTR_INDEX.posixAclDefault,
  XATTR_INDEX.richAcl,
  XATTR_INDEX.encryption,
  XATTR_INDEX.verity,
]);

/** Scramble an extended attribute block: names, values, hashes, order and checksum. */
export function scrambleAttributeBlock(context: Context, { bytes, view, number }: Block, counts: ScrambleCounts): void {
  const area = blockXattrArea(view, 0, bytes.length);
  if (area === undefined) {
    scrambleBytes(context.hash, bytes, 0, bytes.length);
    counts.damagedBlocks++;
    return;
  }
  const h = xattrHeaderLayout;
  const before = xattrBlockChecksum(context.seed, number, bytes);
  const oldHash = xattrBlockHash(view, readXattrs(view, area).entries);
  bytes.fill(0, h.h_checksum.offset + 4, XATTR_HEADER_SIZE);
  const list = noteAttributes(context, { bytes, view }, area);
  scrambleAttributes(context, { bytes, view }, list, counts);
  sortEntries(bytes, list, isSorted(list));
  const newHash = xattrBlockHash(view, readXattrs(view, area).entries);
  h.h_hash.set(view, 0, renewChecksum(h.h_hash.get(view, 0), oldHash, newHash));
  if (!list.isSound) counts.damagedBlocks++;
  if (!context.hasChecksums) return;
  const stored = h.h_checksum.get(view, 0);
  h.h_checksum.set(view, 0, renewChecksum(stored, before, xattrBlockChecksum(context.seed, number, bytes)));
}

/** An attribute before it is changed. */
interface OldEntry extends XattrEntry {
  readonly oldName: Uint8Array;
  /** The stored hash, and whether it was right. */
  readonly stored: number;
  readonly isRight: boolean;
}

/** A list of attributes before it is changed. */
export interface OldAttributes extends XattrList {
  readonly area: XattrArea;
  readonly entries: readonly OldEntry[];
}

/** Note the names and hashes of a list of attributes. Call this before the content of an inline file changes. */
export function noteAttributes(
  context: Context,
  { bytes, view }: Pick<Block, 'bytes' | 'view'>,
  area: XattrArea,
): OldAttributes {
  const list = readXattrs(view, area);
  const entries = list.entries.map((entry) => {
    const stored = xattrEntryLayout.e_hash.get(view, entry.at);
    const oldName = bytes.slice(entry.name, entry.name + entry.nameLength);
    return { ...entry, oldName, stored, isRight: isRightHash(context, view, entry, stored) };
  });
  return { ...list, area, entries };
}

/**
 * Scramble a list of attributes in place: names and values are replaced by others of the same length, hashes are
 * renewed, and bytes that belong to no entry and no value become zeros. `system.data`, the content of a file, is kept.
 */
export function scrambleAttributes(
  context: Context,
  { bytes, view }: Pick<Block, 'bytes' | 'view'>,
  old: OldAttributes,
  counts: ScrambleCounts,
): void {
  clearUnused(context, bytes, old);
  const names = new Set<string>();
  for (const entry of old.entries) {
    if (!isInlineDataEntry(view, entry) && !KEPT.has(entry.nameIndex)) {
      renameAttribute(context, bytes, entry, names);
      if (entry.valueInode === 0 && entry.hasSoundValue) scrambleValue(context, bytes, entry);
      counts.attributes++;
    }
    const valueHash = entry.valueInode === 0 ? undefined : (context.values.get(entry.valueInode)?.after ?? 0);
    const after = xattrEntryHash(view, entry, { valueHash });
    xattrEntryLayout.e_hash.set(view, entry.at, renewChecksum(entry.stored, entry.isRight ? entry.stored : -1, after));
    bytes.fill(0, entry.name + entry.nameLength, entry.at + xattrEntrySize(entry.nameLength));
  }
}

/** Whether a hash is right with unsigned or with signed characters: before Linux 6.2 most machines used signed ones. */
function isRightHash({ values }: Context, view: DataView, entry: XattrEntry, stored: number): boolean {
  const valueHash = entry.valueInode === 0 ? undefined : (values.get(entry.valueInode)?.before ?? 0);
  return [false, true].some((isSigned) => xattrEntryHash(view, entry, { isSigned, valueHash }) === stored);
}

/** A new name that depends only on the old one: the same attribute gets the same name everywhere, unless two of a list collide. */
function renameAttribute({ hash }: Context, bytes: Uint8Array, entry: XattrEntry, names: Set<string>): void {
  const { name, nameLength, nameIndex } = entry;
  if (nameLength === 0) return;
  const old = bytes.slice(name, name + nameLength);
  const decoder = new TextDecoder('latin1');
  // Only 64 names of one character exist: when all are used, two attributes of a list get the same name.
  for (let attempt = 0; attempt < 256; attempt++) {
    hash.digest(PURPOSE.attributeName, attempt, old, 0, nameLength);
    spell(bytes, name, nameLength, hash.high, hash.low, PLAIN_ALPHABET);
    const key = `${nameIndex}:${decoder.decode(bytes.subarray(name, name + nameLength))}`;
    if (names.has(key)) continue;
    names.add(key);
    return;
  }
}

function scrambleValue({ hash }: Context, bytes: Uint8Array, { value, valueSize }: XattrEntry): void {
  hash.digest(PURPOSE.attributeValue, 0, bytes, value, valueSize);
  spell(bytes, value, valueSize, hash.high, hash.low, PLAIN_ALPHABET);
}

/** Zero all bytes that belong to no entry and no value; after damage that is unknown, and they are scrambled as bytes. */
function clearUnused({ hash }: Context, bytes: Uint8Array, { area, ...list }: OldAttributes): void {
  const spans = list.entries
    .filter((entry) => entry.valueInode === 0 && entry.hasSoundValue && entry.valueSize > 0)
    .map((entry) => ({ from: entry.value, to: entry.value + entry.valueSize }))
    .sort((a, b) => a.from - b.from);
  let at = list.end;
  for (const { from, to } of [...spans, { from: area.end, to: area.end }]) {
    if (from > at) {
      if (list.isSound) bytes.fill(0, at, from);
      else scrambleBytes(hash, bytes, at, from);
    }
    at = Math.max(at, to);
  }
}

/** The order of attributes in a block: by index, length and name. */
function compareNames(
  a: Pick<OldEntry, 'nameIndex' | 'nameLength'>,
  b: typeof a,
  nameA: Uint8Array,
  nameB: Uint8Array,
): number {
  if (a.nameIndex !== b.nameIndex) return a.nameIndex - b.nameIndex;
  if (a.nameLength !== b.nameLength) return a.nameLength - b.nameLength;
  const at = nameA.findIndex((byte, i) => byte !== nameB[i]);
  return at < 0 ? 0 : (nameA[at] ?? 0) - (nameB[at] ?? 0);
}

const isSorted = ({ entries }: OldAttributes): boolean =>
  entries.every((entry, i) => {
    const last = entries[i - 1];
    return last === undefined || compareNames(last, entry, last.oldName, entry.oldName) <= 0;
  });

/** Put the entries into the order of their new names. Those of one index and length have the same size. */
function sortEntries(bytes: Uint8Array, { entries }: OldAttributes, wasSorted: boolean): void {
  // A wrong order is a defect that must stay visible.
  if (!wasSorted) return;
  const copies = entries.map((entry) => {
    const raw = bytes.slice(entry.at, entry.at + xattrEntrySize(entry.nameLength));
    return { nameIndex: entry.nameIndex, nameLength: entry.nameLength, raw };
  });
  // Index and length did not change, so that entries move only among others of the same size.
  copies.sort((a, b) => compareNames(a, b, a.raw.subarray(16), b.raw.subarray(16)));
  copies.forEach(({ raw }, i) => {
    const entry = entries[i];
    if (entry) bytes.set(raw, entry.at);
  });
}
