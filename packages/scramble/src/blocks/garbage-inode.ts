import { fileType, GOOD_OLD_INODE_SIZE, inodeLayout, inodeXattrStart, MODE } from '@e2image/ext-core/structures';
import type { KeyedHash } from '../secret/keyed-hash.ts';
import { scrambleBytes } from '../secret/scramble-bytes.ts';

const TYPES: ReadonlySet<number> = new Set(Object.values(MODE));

/**
 * Whether an inode in use holds somebody's bytes instead: it is of no type, or its extra fields have a size that cannot
 * be.
 */
export function isGarbageInode(view: DataView, base: number, size: number): boolean {
  if (!TYPES.has(fileType(view, base))) return true;
  if (size <= GOOD_OLD_INODE_SIZE || inodeLayout.i_extra_isize.get(view, base) === 0) return false;
  return inodeXattrStart(view, base, size) === undefined;
}

/**
 * Fields that name nobody, by first byte and byte behind. What is left out decides what e2fsck says of the inode: mode,
 * size, deletion time, links, flags, the attribute block, the sizes of checksum and extra fields. No two of those are
 * neighbours of 8 bytes.
 */
const FIELDS = [
  [0x02, 0x04],
  [0x08, 0x14],
  [0x18, 0x1a],
  [0x1c, 0x20],
  [0x24, 0x28],
  [0x64, 0x68],
  [0x6c, 0x74],
  [0x78, 0x7c],
  [0x84, 0xa0],
] as const;

/** Scramble the fields of a garbage inode as bytes. The map area and what is behind the fields are not among them. */
export function scrambleGarbageFields(
  hash: KeyedHash,
  bytes: Uint8Array,
  { base, size }: { readonly base: number; readonly size: number },
): void {
  for (const [from, to] of FIELDS) if (to <= size) scrambleBytes(hash, bytes, base + from, base + to);
}
