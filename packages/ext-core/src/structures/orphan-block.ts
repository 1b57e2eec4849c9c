import { type Field, u32 } from '../bytes/field.ts';

/** One entry of the orphan file: an inode number, or 0 where none is. Source: kernel .../ext4/orphan.rst. */
export const orphanEntryLayout = {
  inode: u32(0x0),
} as const satisfies Record<string, Field>;
/** Bytes of it. */
const ORPHAN_ENTRY_SIZE = 4;

/** `struct ext4_orphan_block_tail`: the last bytes of each block of the orphan file. */
export const orphanTailLayout = {
  ob_magic: u32(0x0),
  ob_checksum: u32(0x4),
} as const satisfies Record<string, Field>;
/** Bytes of it. */
const ORPHAN_TAIL_SIZE = 8;

/** `ob_magic`. */
export const ORPHAN_BLOCK_MAGIC = 0x0b10_ca04;

/** The inode numbers in a block of the orphan file at `base`; none where the magic number is another one. */
export function readOrphanBlock(view: DataView, base: number, blockSize: number): number[] {
  const inodes: number[] = [];
  const tail = base + blockSize - ORPHAN_TAIL_SIZE;
  if (orphanTailLayout.ob_magic.get(view, tail) !== ORPHAN_BLOCK_MAGIC) return inodes;
  for (let at = base; at < tail; at += ORPHAN_ENTRY_SIZE) {
    const inode = orphanEntryLayout.inode.get(view, at);
    if (inode !== 0) inodes.push(inode);
  }
  return inodes;
}
