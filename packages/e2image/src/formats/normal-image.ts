import {
  descChecksums,
  encodeImageHeader,
  type Filesystem,
  type ImageHeader,
  type ImageSections,
  inodeTableBlocks,
  type OnProblem,
  placeImageSections,
  readIsolated,
} from '@e2image/ext-core';
import {
  BG_INODE_UNINIT,
  hasGroupChecksums,
  primarySuperblockBlock,
  SUPERBLOCK_OFFSET,
  SUPERBLOCK_SIZE,
} from '@e2image/ext-core/structures';
import { BlockSet, inodeTable } from '@e2image/ext-core/walk';
import { isZero, type Sink } from '@e2image/sparse-io';
import { holeBlocks } from '../select/hole-blocks.ts';
import { ForwardWriter } from './forward-writer.ts';
import { writeBitmaps } from './normal-bitmaps.ts';

/** Who made the image of what and when: the part of the header that is not about the file system. */
export type ImageIdentity = Pick<
  ImageHeader,
  'hostName' | 'deviceName' | 'deviceNumber' | 'imageDevice' | 'imageInode' | 'createdAt'
>;

/** A normal image, decided to the byte: every place is known before the first byte is written. */
export interface NormalImagePlan {
  readonly fs: Filesystem;
  readonly header: ImageHeader;
  readonly sections: ImageSections;
}

/**
 * Decide the layout of the normal image of a file system.
 *
 * @throws ExtError EXT_TOO_LARGE when the bitmaps alone pass the 4 GiB that the header can name
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
  /** The caller's to finish (with `plan.sections.size`) or to abort. */
  readonly sink: Sink;
  /**
   * Called with whole blocks before they are written, to change them in place: their byte offset is that in the file
   * system. Blocks that are all zeros are left out.
   */
  readonly transform?: ((blocks: Uint8Array, byteOffset: number) => void) | undefined;
  readonly onProblem?: OnProblem | undefined;
  /** Bytes of the image done so far. */
  readonly onProgress?: ((done: number) => void) | undefined;
}

export interface NormalImageReport {
  /** Blocks of the file system that could not be read; the image has zeros for them. */
  readonly unread: BlockSet;
  /** Bytes handed to the sink that are not zeros for a stretch of a block. */
  readonly written: number;
}

/** Bytes of one read of inode tables: C reads 32 blocks. */
const TABLE_UNIT = 512 * 1024;

/**
 * Write a normal image, front to back, so that the sink may be a pipe.
 *
 * Reads only what is in use: tables and bitmaps of groups never used, the unused ends of tables, and holes of the
 * source become holes of the image. A block that cannot be read is zeros, told through `onProblem` and in the report.
 *
 * Source: e2fsprogs misc/e2image.c and lib/ext2fs/imager.c, behaviour
 */
export async function writeNormalImage(plan: NormalImagePlan, options: NormalImageOptions): Promise<NormalImageReport> {
  const { fs, sections } = plan;
  const out = new ForwardWriter(options);
  const lost = new BlockSet();
  out.write(encodeImageHeader(plan.header), 0);
  out.write(superblockBlock(fs, options.transform), sections.superblock.offset);
  await writeDescriptors(plan, out);
  const steps = [
    { section: sections.inodeTables, run: () => writeTables(plan, { ...options, lost, out }) },
    {
      section: sections.blockMap,
      run: () => writeBitmaps('block', { fs, section: sections.blockMap, out, lost, onProblem: options.onProblem }),
    },
    {
      section: sections.inodeMap,
      run: () => writeBitmaps('inode', { fs, section: sections.inodeMap, out, lost, onProblem: options.onProblem }),
    },
  ];
  for (const { run } of steps.sort((a, b) => a.section.offset - b.section.offset)) await run();
  await out.zeroTo(sections.size);
  return { unread: lost, written: out.written };
}

/** The 1,024 bytes of the superblock at the front of a block, as readers want them. */
function superblockBlock(fs: Filesystem, transform: NormalImageOptions['transform']): Uint8Array {
  const { blockSize } = fs;
  // On the disk it lies at byte 1,024: at the front of block 1, or inside block 0. The transform gets that block.
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

/** The inode tables of all groups. What lies behind the used part of a table is a hole. */
async function writeTables(
  { fs, sections }: NormalImagePlan,
  {
    out,
    lost,
    ...options
  }: Omit<NormalImageOptions, 'sink'> & { readonly out: ForwardWriter; readonly lost: BlockSet },
): Promise<void> {
  const { superblock: sb, blockSize } = fs;
  const stride = inodeTableBlocks(sb) * blockSize;
  const checksums = descChecksums(sb, fs.descTable);
  const buffer = new Uint8Array(Math.max(TABLE_UNIT, blockSize));
  for (let group = 0; group < fs.groupCount; group++) {
    const { start, count } = usedTable(fs, group, checksums.isIntact(group), options.onProblem);
    const at = sections.inodeTables.offset + group * stride;
    for (let done = 0; done < count; ) {
      const hole = holeBlocks(fs, start + done);
      if (hole > 0) {
        done += hole;
        continue;
      }
      const chunk = buffer.subarray(0, Math.min(buffer.length, (count - done) * blockSize));
      const offset = at + done * blockSize;
      readIsolated(fs, chunk, start + done, (block, reason) => {
        lost.add(block);
        const message = `inode table of group ${group}: block ${block} cannot be read (${reason})`;
        options.onProblem?.({ code: 'unreadable', message, lost: true, group, block });
      });
      await out.zeroTo(offset);
      for (const [from, to] of usedStretches(chunk, blockSize)) {
        const blocks = chunk.subarray(from, to);
        options.transform?.(blocks, (start + done) * blockSize + from);
        out.write(blocks, offset + from);
      }
      done += chunk.length / blockSize;
      await out.pause(chunk.length);
    }
  }
}

/**
 * The blocks of a group's table that may hold inodes; none when the group has no table or never used it.
 *
 * @param isIntact whether the descriptor's checksum fits: what one says of unused inodes is not believed otherwise, as
 *   e2fsck does not believe it and looks at the whole table
 */
function usedTable(
  fs: Filesystem,
  group: number,
  isIntact: boolean,
  onProblem?: OnProblem,
): { start: number; count: number } {
  const desc = fs.groupDesc(group);
  const withFlags = hasGroupChecksums(fs.superblock) && isIntact;
  const table = inodeTable(fs, group, desc, onProblem);
  const count = !isIntact ? table.blocks : table.usedBlocks;
  if (count === 0 || (withFlags && (desc.flags & BG_INODE_UNINIT) !== 0)) return { start: 0, count: 0 };
  if (table.start <= fs.superblock.firstDataBlock || table.start + count > fs.blocksCount) {
    const message = `group ${group}: block ${table.start} cannot be its inode table`;
    onProblem?.({ code: 'bad-inode-table', message, lost: true, group, block: table.start });
    return { start: 0, count: 0 };
  }
  return { start: table.start, count };
}

/** The stretches of whole blocks that are not zeros, as byte ranges `[from, to)`. */
function usedStretches(bytes: Uint8Array, blockSize: number): [from: number, to: number][] {
  const stretches: [number, number][] = [];
  let from = -1;
  for (let at = 0; at < bytes.length; at += blockSize) {
    if (isZero(bytes.subarray(at, at + blockSize))) {
      if (from >= 0) stretches.push([from, at]);
      from = -1;
    } else if (from < 0) {
      from = at;
    }
  }
  if (from >= 0) stretches.push([from, bytes.length]);
  return stretches;
}
