import {
  DX_BLOCK_MASK,
  DX_ENTRY_SIZE,
  DX_NODE_ENTRIES,
  DX_ROOT_ENTRIES,
  dxEntryLayout,
  dxRootLayout,
  dxTail,
  dxTailLayout,
  htreeChecksum,
  isDxBlockSound,
  readDxBlock,
} from '@e2image/ext-core/structures';
import { NO_BOUNDARY } from '../names/fresh-boundaries.ts';
import { renewChecksum } from '../secret/checksum-renewal.ts';
import type { Block, Context } from './context.ts';

/** Position of a block in the index of a directory. */
export interface IndexBlockOwner {
  readonly inode: number;
  /** Number of the block in the directory: 0 is the root. */
  readonly logical: number;
  /** Seed of the checksums of the directory. */
  readonly seed: number;
}

/**
 * Scramble a block of an index: write the new boundaries of the directory, if it has any, zeros after the last entry, and
 * the checksum.
 */
export function scrambleIndexBlock(context: Context, { bytes, view }: Block, owner: IndexBlockOwner): void {
  const { inode, logical, seed } = owner;
  if (logical === 0 && dxRootLayout.reserved_zero.get(view, 0) !== 0) dxRootLayout.reserved_zero.set(view, 0, 1);
  const array = readDxBlock(view, 0, logical === 0 ? DX_ROOT_ENTRIES : DX_NODE_ENTRIES);
  if (!isDxBlockSound(array, bytes.length)) {
    // Which bytes are entries is unknown. Limit and count stay: they show what is wrong.
    bytes.fill(0, array.entries + DX_ENTRY_SIZE);
    return;
  }
  const tail = dxTail(array, bytes.length);
  const before = tail === undefined ? 0 : htreeChecksum(seed, bytes, array);
  writeBoundaries(context, view, inode, array.entries, array.count);
  // The tail is after the room for entries. Bytes after the tail have no use.
  bytes.fill(0, array.entries + DX_ENTRY_SIZE * array.count, tail ?? bytes.length);
  if (tail === undefined) return;
  bytes.fill(0, tail + DX_ENTRY_SIZE);
  const stored = dxTailLayout.dt_checksum.get(view, tail);
  if (!context.hasChecksums) {
    dxTailLayout.dt_reserved.set(view, tail, 0);
    dxTailLayout.dt_checksum.set(view, tail, 0);
    return;
  }
  dxTailLayout.dt_checksum.set(view, tail, renewChecksum(stored, before, htreeChecksum(seed, bytes, array)));
}

function writeBoundaries(context: Context, view: DataView, inode: number, entries: number, count: number): void {
  const table = context.namer.boundaries.get(inode);
  if (table === undefined) return;
  for (let i = 1; i < count; i++) {
    const at = entries + i * DX_ENTRY_SIZE;
    const logical = dxEntryLayout.block.get(view, at) & DX_BLOCK_MASK;
    const boundary = table.byBlock[logical] ?? NO_BOUNDARY;
    // A block that the index of today does not name: this is an old copy, in which nobody looks up a name.
    dxEntryLayout.hash.set(view, at, boundary === NO_BOUNDARY ? 0 : boundary);
  }
}
