import type { Filesystem, OnProblem } from '@e2image/ext-core';
import { primarySuperblockBlock, SUPERBLOCK_OFFSET, SUPERBLOCK_SIZE } from '@e2image/ext-core/structures';
import { BlockSet } from '@e2image/ext-core/walk';
import type { Sink } from '@e2image/sparse-io';
import { ForwardWriter } from './forward-writer.ts';
import { encodeImageHeader, type ImageHeader } from './header.ts';
import { packBitmaps } from './pack-bitmaps.ts';
import { type ImageSections, placeImageSections } from './sections.ts';
import { type Transform, writeTables } from './write-tables.ts';

/** The part of the header that is not about the file system: which host made the image, of which device, when. */
export type ImageIdentity = Pick<
  ImageHeader,
  'hostName' | 'deviceName' | 'deviceNumber' | 'imageDevice' | 'imageInode' | 'createdAt'
>;

/** The complete layout of a normal image: each offset is known before the first byte is written. */
export interface NormalImagePlan {
  readonly fs: Filesystem;
  readonly header: ImageHeader;
  readonly sections: ImageSections;
}

/**
 * Decide the layout of the normal image of a file system. Nothing is read.
 *
 * @throws ExtError EXT_TOO_LARGE, EXT_CORRUPT_SUPERBLOCK: see `placeImageSections`
 */
export function planNormalImage(fs: Filesystem, identity: ImageIdentity): NormalImagePlan {
  const sections = placeImageSections(fs.superblock);
  const offsets = {
    superblock: sections.superblock.offset,
    inodeTables: sections.inodeTables.offset,
    inodeMap: sections.inodeMap.offset,
    blockMap: sections.blockMap.offset,
  };
  return { fs, sections, header: { ...identity, uuid: fs.superblock.uuid, blockSize: fs.blockSize, offsets } };
}

export interface NormalImageOptions {
  /** The caller finishes it (with `plan.sections.size`) or aborts it. */
  readonly sink: Sink;
  /** Called with the block of the superblock and with the blocks of inode tables, except those that are all zeros. */
  readonly transform?: Transform | undefined;
  readonly onProblem?: OnProblem | undefined;
  /** Called with the number of bytes of the image that are done. */
  readonly onProgress?: ((done: number) => void) | undefined;
}

export interface NormalImageReport {
  /** Blocks of the file system that could not be read. The image has zeros for them. */
  readonly unread: BlockSet;
  /** Bytes written to the sink; those that are only zeroed do not count. */
  readonly written: number;
}

/**
 * Write a normal image, front to back, so that the sink may be a pipe.
 *
 * Reads only what is in use. Tables and bitmaps of groups that were never used, the unused ends of tables and holes of
 * the source become holes of the image. A block that cannot be read becomes zeros and is reported through `onProblem`
 * and in the result.
 *
 * Source: e2fsprogs misc/e2image.c and lib/ext2fs/imager.c, behaviour
 *
 * @throws errors of the sink; errors of the source without a code, and ENODEV
 */
export async function writeNormalImage(plan: NormalImagePlan, options: NormalImageOptions): Promise<NormalImageReport> {
  const { fs, sections } = plan;
  const { transform, onProblem } = options;
  const out = new ForwardWriter(options);
  const lost = new BlockSet();
  const { inodeTables, blockMap, inodeMap } = sections;
  out.write(encodeImageHeader(plan.header), 0);
  out.write(superblockBlock(fs, transform), sections.superblock.offset);
  await writeDescriptors(plan, out);
  const steps = [
    { section: inodeTables, run: () => writeTables({ fs, section: inodeTables, out, lost, transform, onProblem }) },
    { section: blockMap, run: () => packBitmaps('block', { fs, section: blockMap, out, lost, onProblem }) },
    { section: inodeMap, run: () => packBitmaps('inode', { fs, section: inodeMap, out, lost, onProblem }) },
  ];
  for (const { run } of steps.sort((a, b) => a.section.offset - b.section.offset)) await run();
  await out.zeroTo(sections.size);
  return { unread: lost, written: out.written };
}

/** The block of the image with the superblock: its 1,024 bytes come first, where readers expect them. */
function superblockBlock(fs: Filesystem, transform: Transform | undefined): Uint8Array {
  const { blockSize } = fs;
  // On the disk it is at byte 1,024: at the start of block 1, or inside block 0. The transform expects that block.
  const block = new Uint8Array(blockSize);
  const number = primarySuperblockBlock(fs.superblock);
  const at = SUPERBLOCK_OFFSET - number * blockSize;
  block.set(fs.superblockBytes, at);
  transform?.(block, number * blockSize);
  const moved = new Uint8Array(blockSize);
  moved.set(block.subarray(at, at + SUPERBLOCK_SIZE));
  return moved;
}

async function writeDescriptors({ fs: { descTable }, sections }: NormalImagePlan, out: ForwardWriter): Promise<void> {
  for (let at = 0; at < descTable.size; ) {
    const { view } = descTable.window(at / descTable.descSize);
    const bytes = new Uint8Array(view.buffer);
    out.write(bytes, sections.descriptors.offset + at);
    at += bytes.length;
    await out.pause(bytes.length);
  }
}
