import { parseOptions } from '@e2image/cli';
import { type FakeWorld, fakeWorld } from '@e2image/cli/testing';
import { TINY, TinyFilesystem } from '@e2image/ext-core/testing';
import type { Output, Sink, Source } from '@e2image/sparse-io';
import { Findings } from '../job/findings.ts';
import { type ImageJob, openJob } from '../job/image-job.ts';
import type { Target } from '../output/target.ts';
import { planSave, type SavePlan } from '../plan/save-plan.ts';
import { TABLE } from '../plan/table.ts';

/** Bytes of a block of `sampleFilesystem`. */
export const BLOCK = TINY.blockSize;
/** Its blocks. */
export const BLOCKS = 513;
/** What C saves of it: superblock, descriptors, bitmaps, inode tables, the root folder. */
export const METADATA = [1, 2, 5, 6, 7, 8, 9, 10, 40, 261, 262, 263, 264, 265, 266];
/** The blocks of its two files. */
export const FILE_BLOCKS = [50, 51, 52, 60, 300, 301];
/** A block that nothing owns, with bytes that no image may contain. */
const FREE_BLOCK = 70;

/** Two groups, a root folder with the name `secret`, two files, and garbage in a free block. */
export function sampleFilesystem(): TinyFilesystem {
  const tiny = new TinyFilesystem();
  tiny.mapped(2, 'directory', { 0: 40 });
  tiny.extents(12, 'regular', 0, [
    [0, 3, 50],
    [3, 1, 60],
  ]);
  tiny.extents(13, 'regular', 0, [[0, 2, 300]]);
  for (const block of [...FILE_BLOCKS, FREE_BLOCK]) tiny.bytes.fill(block, block * BLOCK, (block + 1) * BLOCK);
  const entries = [
    { at: 0, inode: 2, length: 12, name: '.' },
    { at: 12, inode: 2, length: 12, name: '..' },
    { at: 24, inode: 12, length: BLOCK - 24, name: 'secret' },
  ];
  for (const { at, inode, length, name } of entries) {
    const base = 40 * BLOCK + at;
    tiny.view.setUint32(base, inode, true);
    tiny.view.setUint16(base + 4, length, true);
    tiny.bytes[base + 6] = name.length;
    tiny.bytes[base + 7] = inode === 2 ? 2 : 1;
    tiny.bytes.set(new TextEncoder().encode(name), base + 8);
  }
  return tiny;
}

/** The plan of a command line, operands included. */
export const planOf = (line: string): SavePlan => planSave(parseOptions(TABLE, line.split(' ')));

/** A job in memory, and the world that hears of it. */
export interface MemoryJob {
  readonly job: ImageJob;
  readonly world: FakeWorld;
}

/** Open the job of a command line on a source in memory. */
export async function memoryJob(line: string, source: Source = sampleFilesystem()): Promise<MemoryJob> {
  const world = fakeWorld({ program: 'e2image' });
  const findings = new Findings((text) => world.stderr(`${text}\n`));
  return { job: await openJob(source, { plan: planOf(line), world, findings }), world };
}

/** An output that is a sink in memory. */
export const memoryOutput = (sink: Sink, kind: Output['kind'] = 'stream'): Output => ({
  sink,
  kind,
  existed: false,
  isTerminal: false,
});

/** A target of a raw image that is a sink in memory. */
export const memoryTarget = (sink: Sink, change: Partial<Target> = {}): Target => ({
  output: memoryOutput(sink),
  sink,
  isBlockDevice: false,
  equalBlocks: () => 0,
  ...change,
});

/** The numbers of the blocks that are not zeros. */
export function usedBlocks(bytes: Uint8Array, from = 0): number[] {
  const used: number[] = [];
  for (let block = 0; from + block * BLOCK < bytes.length; block++) {
    const at = from + block * BLOCK;
    if (bytes.subarray(at, at + BLOCK).some((byte) => byte !== 0)) used.push(block);
  }
  return used;
}
