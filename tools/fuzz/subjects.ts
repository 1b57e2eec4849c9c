import {
  DX_HASH,
  DX_ROOT_ENTRIES,
  dirEntryLayout,
  dxCountLayout,
  dxEntryLayout,
  dxRootLayout,
  extentHeaderLayout,
  groupDescLayout,
  I_BLOCK,
  INODE_FLAG,
  inodeLayout,
  JOURNAL_BLOCK,
  JOURNAL_MAGIC,
  journalHeaderLayout,
  journalSuperblockLayout,
  SUPERBLOCK_OFFSET,
  superblockLayout,
  XATTR_MAGIC,
  xattrEntryLayout,
  xattrHeaderLayout,
} from '@e2image/ext-core/structures';
import { TINY, TinyFilesystem } from '@e2image/ext-core/testing';
import { imageHeaderLayout } from '@e2image/normal-image';
import type { Structure, Subject } from './mutator.ts';

const BLOCK = TINY.blockSize;
const GROUPS = 3;
/** Inodes in use, and the blocks of the first group that they have. */
const USED = [1, 2, 7, 8, 11, 12, 13, 14, 15, 16, 40, 70];
const AT = { root: 40, node: 41, leaf: 42, indirect: 43, double: 44, xattr: 45, link: 46, index: 47, journal: 50 };

/** A file system of three groups with one of each structure that the walk and scrambling follow. */
export function smallFilesystem({ checksums = false } = {}): Subject {
  const disk = new TinyFilesystem(GROUPS);
  // No checksum fits: code that writes one computes it, and code that trusts a wrong one is found.
  if (checksums) superblockLayout.s_feature_ro_compat.set(disk.view, SUPERBLOCK_OFFSET, 0x1 | 0x400);
  disk.extents(2, 'directory', 0, [[0, 1, AT.root]]);
  entries(disk, AT.root, ['.', '..', 'lost+found', 'one', 'two']);
  disk.extents(12, 'directory', 1, [[0, 0, AT.node]]);
  disk.extentNode(AT.node * BLOCK, 84, 0, [
    [0, 2, 60],
    [2, 1, AT.leaf],
  ]);
  disk.extents(13, 'regular', 2, [[0, 0, 100]]);
  disk.extentNode(100 * BLOCK, 84, 1, [[0, 0, 101]]);
  disk.extentNode(101 * BLOCK, 84, 0, [[0, 3, 110]]);
  disk.mapped(14, 'regular', { 0: 120, 12: AT.indirect, 13: AT.double });
  disk.pointers(AT.indirect, [121, 0, 122]);
  disk.pointers(AT.double, [AT.indirect, 102]);
  disk.mapped(15, 'symlink', { 0: AT.link });
  inodeLayout.i_size_lo.set(disk.view, disk.inodeBase(15), 200);
  inodeLayout.i_file_acl_lo.set(disk.view, disk.mapped(16, 'regular', {}), AT.xattr);
  attribute(disk, AT.xattr);
  disk.mapped(40, 'directory', { 0: AT.index, 1: 48 });
  indexed(disk, 40, 48);
  disk.extents(70, 'regular', 0, [[0, 4, 600]]);
  journal(disk);
  superblockLayout.s_last_orphan.set(disk.view, SUPERBLOCK_OFFSET, 70);
  return { bytes: disk.bytes, structures: structuresOf(disk) };
}

function entries(disk: TinyFilesystem, block: number, names: readonly string[]): void {
  let at = block * BLOCK;
  names.forEach((name, i) => {
    const length = i === names.length - 1 ? (block + 1) * BLOCK - at : 8 + 4 * Math.ceil(name.length / 4);
    dirEntryLayout.inode.set(disk.view, at, 11 + i);
    dirEntryLayout.rec_len.set(disk.view, at, length);
    dirEntryLayout.name_len.set(disk.view, at, name.length);
    disk.bytes.set(new TextEncoder().encode(name), at + 8);
    at += length;
  });
}

/** The directory in AT.index has an index of one leaf. */
function indexed(disk: TinyFilesystem, inode: number, leaf: number): void {
  const at = AT.index * BLOCK;
  entries(disk, AT.index, ['.', '..']);
  entries(disk, leaf, ['three', 'four']);
  inodeLayout.i_flags.set(disk.view, disk.inodeBase(inode), INODE_FLAG.index);
  inodeLayout.i_size_lo.set(disk.view, disk.inodeBase(inode), 2 * BLOCK);
  dxRootLayout.hash_version.set(disk.view, at, DX_HASH.halfMd4);
  dxRootLayout.info_length.set(disk.view, at, 8);
  dxCountLayout.limit.set(disk.view, at + DX_ROOT_ENTRIES, 124);
  dxCountLayout.count.set(disk.view, at + DX_ROOT_ENTRIES, 1);
  dxEntryLayout.block.set(disk.view, at + DX_ROOT_ENTRIES, 1);
}

function attribute(disk: TinyFilesystem, block: number): void {
  const at = block * BLOCK;
  xattrHeaderLayout.h_magic.set(disk.view, at, XATTR_MAGIC);
  xattrHeaderLayout.h_blocks.set(disk.view, at, 1);
  xattrEntryLayout.e_name_len.set(disk.view, at + 32, 4);
  xattrEntryLayout.e_name_index.set(disk.view, at + 32, 1);
  xattrEntryLayout.e_value_size.set(disk.view, at + 32, 8);
  xattrEntryLayout.e_value_offs.set(disk.view, at + 32, BLOCK - 8);
}

/** Eight blocks: a superblock, a descriptor block that names two others. */
function journal(disk: TinyFilesystem): void {
  disk.extents(8, 'regular', 0, [[0, 8, AT.journal]]);
  const at = AT.journal * BLOCK;
  const start = (where: number, type: number): void => {
    journalHeaderLayout.h_magic.set(disk.view, where, JOURNAL_MAGIC);
    journalHeaderLayout.h_blocktype.set(disk.view, where, type);
    journalHeaderLayout.h_sequence.set(disk.view, where, 1);
  };
  start(at, JOURNAL_BLOCK.superblockV2);
  journalSuperblockLayout.s_blocksize.set(disk.view, at, BLOCK);
  journalSuperblockLayout.s_maxlen.set(disk.view, at, 8);
  journalSuperblockLayout.s_first.set(disk.view, at, 1);
  journalSuperblockLayout.s_sequence.set(disk.view, at, 1);
  journalSuperblockLayout.s_start.set(disk.view, at, 1);
  start(at + BLOCK, JOURNAL_BLOCK.descriptor);
  disk.view.setUint32(at + BLOCK + 12, AT.root);
  disk.view.setUint32(at + BLOCK + 16, 8 + 2);
  superblockLayout.s_feature_compat.set(disk.view, SUPERBLOCK_OFFSET, 0x4 | 0x8 | 0x20);
}

function structuresOf(disk: TinyFilesystem): Structure[] {
  const superblock: Structure = { at: SUPERBLOCK_OFFSET, layout: superblockLayout };
  const blocks = (layout: Structure['layout'], ...numbers: readonly number[]): Structure[] =>
    numbers.map((block) => ({ at: block * BLOCK, ...(layout && { layout }), length: 64 }));
  return [
    // It decides how all the rest is read.
    ...new Array<Structure>(6).fill(superblock),
    ...Array.from({ length: GROUPS }, (_, group) => ({ at: 2 * BLOCK + 32 * group, layout: groupDescLayout })),
    ...USED.map((inode) => ({ at: disk.inodeBase(inode), layout: inodeLayout })),
    ...USED.map((inode) => ({ at: disk.inodeBase(inode) + I_BLOCK, length: 60 })),
    ...blocks(extentHeaderLayout, AT.node, 100, 101),
    ...blocks(dirEntryLayout, AT.root, AT.leaf, AT.index),
    ...blocks(dxRootLayout, AT.index),
    { at: AT.index * BLOCK + DX_ROOT_ENTRIES, length: 16 },
    ...blocks(xattrHeaderLayout, AT.xattr),
    { at: AT.xattr * BLOCK + 32, layout: xattrEntryLayout },
    ...blocks(undefined, AT.node, 100, 101, AT.indirect, AT.double, AT.root, AT.link, AT.index),
    ...blocks(journalSuperblockLayout, AT.journal),
    { at: (AT.journal + 1) * BLOCK, length: 64, bigEndian: true },
  ];
}

/** @param bytes a normal image, as our own command wrote it */
export function normalSubject(bytes: Uint8Array): Subject {
  const header: Structure = { at: 0, layout: imageHeaderLayout };
  const structures = [
    ...new Array<Structure>(8).fill(header),
    ...new Array<Structure>(8).fill({ at: BLOCK, layout: superblockLayout }),
    ...Array.from({ length: GROUPS }, (_, group) => ({ at: 2 * BLOCK + 32 * group, layout: groupDescLayout })),
    { at: 3 * BLOCK, length: 12 * BLOCK },
  ];
  return { bytes, structures };
}

/** @param bytes a QCOW2 image, as our own command wrote it: header, then its tables */
export function qcow2Subject(bytes: Uint8Array): Subject {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const clusterSize = 1 << view.getUint32(20);
  const l1 = view.getUint32(44);
  const table = (at: number, length = clusterSize): Structure => ({ at, length, bigEndian: true });
  // L1 entry 0 -> L2 table; refcount table -> its first block. Offsets are below 4 GiB here: the low halves.
  const l2 = view.getUint32(l1 + 4);
  const refcounts = view.getUint32(52);
  const block = view.getUint32(refcounts + 4);
  const header = table(0, 112);
  return {
    bytes,
    structures: [...new Array<Structure>(6).fill(header), table(l1, 16), table(l2), table(refcounts, 32), table(block)],
  };
}
