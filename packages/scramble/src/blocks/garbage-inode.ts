import { fileType, GOOD_OLD_INODE_SIZE, inodeLayout, inodeXattrStart, MODE } from '@e2image/ext-core/structures';
import type { KeyedHash } from '../secret/keyed-hash.ts';
import { scrambleBytes } from '../secret/scramble-bytes.ts';

const TYPES: ReadonlySet<number> = new Set(Object.values(MODE));

/** Whether an inode in use contains something else: it has no valid file type, or an impossible size of extra fields. */
export function isGarbageInode(view: DataView, base: number, size: number): boolean {
  if (!TYPES.has(fileType(view, base))) return true;
  if (size <= GOOD_OLD_INODE_SIZE || inodeLayout.i_extra_isize.get(view, base) === 0) return false;
  return inodeXattrStart(view, base, size) === undefined;
}

/**
 * Fields that decide what e2fsck reports for an inode, and the map area, which is scrambled by what it should be. At most
 * 8 of their bytes follow each other, those from `i_checksum_lo` to `i_checksum_hi`.
 */
const KEPT: ReadonlySet<string> = new Set<keyof typeof inodeLayout>([
  'i_mode',
  'i_size_lo',
  'i_dtime',
  'i_links_count',
  'i_flags',
  'i_block',
  'i_file_acl_lo',
  'i_blocks_hi',
  'i_file_acl_hi',
  'i_checksum_lo',
  'i_reserved',
  'i_extra_isize',
  'i_checksum_hi',
]);

/** The other fields: `[from, to)` from the start of the inode, those next to each other as one range. */
const SCRAMBLED = otherFields();

function otherFields(): { readonly from: number; to: number }[] {
  const ranges: { readonly from: number; to: number }[] = [];
  for (const [name, { offset, size }] of Object.entries(inodeLayout)) {
    if (KEPT.has(name)) continue;
    const last = ranges.at(-1);
    if (last?.to === offset) last.to += size;
    else ranges.push({ from: offset, to: offset + size });
  }
  return ranges;
}

/** Scramble the fields of a garbage inode as bytes. The map area and what follows the fields are not among them. */
export function scrambleGarbageFields(
  hash: KeyedHash,
  bytes: Uint8Array,
  { base, size }: { readonly base: number; readonly size: number },
): void {
  for (const { from, to } of SCRAMBLED) if (to <= size) scrambleBytes(hash, bytes, base + from, base + to);
}
