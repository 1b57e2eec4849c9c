import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fakeWorld } from '@e2image/cli/testing';
import { type Output, parseMapfile } from '@e2image/sparse-io';
import { MemorySink, tempFolder } from '@e2image/sparse-io/testing';
import { UnreadBlocks } from '../rescue/unread-blocks.ts';
import { memoryOutput } from '../testing/memory-job.ts';
import { WindowSet } from '../testing/window-set.ts';
import { recordUnread } from './record-unread.ts';

let folder: ReturnType<typeof tempFolder>;
beforeEach(() => {
  folder = tempFolder();
});
afterEach(() => folder[Symbol.dispose]());
const path = (name: string): string => join(folder.path, name);

/** The selection of blocks 0 to 3 and 6, in two windows. */
const SELECTED = {
  async *windows() {
    yield new WindowSet(0, 5, [0, 1, 2, 3]);
    yield new WindowSet(5, Infinity, [6]);
  },
};

async function record(
  unread: readonly number[],
  { mapfile, kind = 'in-place' }: { mapfile?: string; kind?: Output['kind'] } = {},
) {
  const world = fakeWorld({ program: 'e2image' });
  const blocks = new UnreadBlocks();
  for (const block of unread) blocks.add(block, 1, 'EIO');
  const recorded = { image: path('img'), world, fs: { blockSize: 512, blocksCount: 8 }, unread: blocks, mapfile };
  await recordUnread(recorded, SELECTED, memoryOutput(new MemorySink(), kind));
  return world.said.stderr;
}

const statusesOf = (name: string): string =>
  parseMapfile(readFileSync(path(name), 'latin1'))
    .ranges.map(({ length, status }) => status.repeat(length / 512))
    .join('');

describe('recordUnread', () => {
  test('writes beside the image what was read, failed and not selected', async () => {
    expect(await record([2])).toBe(`e2image: ${path('img.mapfile')} says which blocks could not be read\n`);
    expect(statusesOf('img.mapfile')).toBe('++-+??+?');
  });

  test('writes nothing when everything was read', async () => {
    expect(await record([])).toBe('');
    expect(existsSync(path('img.mapfile'))).toBe(false);
  });

  test('replaces the mapfile of an earlier image of that name', async () => {
    await record([2]);
    expect(await record([])).toBe('');
    expect(statusesOf('img.mapfile')).toBe('++++??+?');
  });

  test('leaves a file of another program alone', async () => {
    writeFileSync(path('img.mapfile'), '# Mapfile. Created by GNU ddrescue\n');
    await record([]);
    expect(readFileSync(path('img.mapfile'), 'latin1')).toContain('ddrescue');
  });

  test.each(['stream', 'block-device', 'null-device'] as const)('writes nothing beside a %s', async (kind) => {
    expect(await record([2], { kind })).toBe('');
    expect(existsSync(path('img.mapfile'))).toBe(false);
  });

  test.each([[[]], [[2]]])('always writes the mapfile that was asked for: unread %j', async (unread) => {
    await record(unread, { mapfile: path('asked'), kind: 'stream' });
    expect(statusesOf('asked')).toBe(unread.length > 0 ? '++-+??+?' : '++++??+?');
  });

  test('writes one file when the mapfile that was asked for is that of the image', async () => {
    expect(await record([2], { mapfile: path('img.mapfile') })).toBe('');
    expect(statusesOf('img.mapfile')).toBe('++-+??+?');
  });
});
