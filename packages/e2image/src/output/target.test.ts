import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { fakeWorld } from '@e2image/cli/testing';
import { tempFolder } from '@e2image/sparse-io/testing';
import { openRawTarget, type TargetJob } from './target.ts';

const BLOCK = 1024;
const BLOCKS = 8;
const SIZE = BLOCKS * BLOCK;

type Change = Partial<TargetJob['plan']> & Pick<Partial<TargetJob>, 'size' | 'partialPath'>;

/** A target `img` in a folder of its own. */
function scene() {
  const folder = tempFolder();
  const path = folder.file('img');
  const world = fakeWorld();
  const open = ({ size, partialPath, ...plan }: Change = {}) =>
    openRawTarget({
      plan: { image: path, targetOffset: 0, isDryRun: false, isCompared: false, isForced: false, ...plan },
      world,
      fs: { blockSize: BLOCK, blocksCount: BLOCKS },
      ...(size !== undefined && { size }),
      ...(partialPath !== undefined && { partialPath }),
    });
  return { path, world, open, folder, [Symbol.dispose]: () => folder[Symbol.dispose]() };
}

const filled = (length: number, byte: number) => new Uint8Array(length).fill(byte);

describe('a new file', () => {
  test('has its whole length from the start, under another name, and its name at the end', async () => {
    using target = scene();
    const { output, sink, isBlockDevice } = await target.open();
    expect([output?.kind, isBlockDevice]).toEqual(['partial-file', false]);
    expect(statSync(output?.partialPath ?? '').size).toBe(SIZE);
    expect(existsSync(target.path)).toBe(false);
    await sink.writeAt(filled(BLOCK, 1), BLOCK);
    await sink.finish(SIZE);
    expect(Uint8Array.from(readFileSync(target.path))).toEqual(
      Uint8Array.from([...filled(BLOCK, 0), ...filled(BLOCK, 1), ...filled(SIZE - 2 * BLOCK, 0)]),
    );
  });

  test('is as long as the image when that is not the file system, and longer by the offset', async () => {
    using target = scene();
    const { output } = await target.open({ size: 3 * BLOCK, targetOffset: 512 });
    expect(statSync(output?.partialPath ?? '').size).toBe(512 + 3 * BLOCK);
    output?.sink.abort();
  });

  test('has holes for blocks of zeros, which are not written', async () => {
    using target = scene();
    const { sink } = await target.open({ size: 2 ** 20 });
    await sink.writeAt(filled(2 ** 20 - BLOCK, 0), 0);
    await sink.writeAt(filled(BLOCK, 1), 2 ** 20 - BLOCK);
    await sink.finish(2 ** 20);
    const { size, blocks } = statSync(target.path);
    expect(size).toBe(2 ** 20);
    expect(blocks * 512).toBeLessThan(2 ** 19);
  });

  test('is where an interrupted run leaves it, if that is named', async () => {
    using target = scene();
    const partialPath = target.folder.file('img.partial');
    const { output } = await target.open({ partialPath });
    expect(output?.partialPath).toBe(partialPath);
    output?.sink.abort();
    expect(existsSync(partialPath)).toBe(true);
  });
});

describe('an existing file', () => {
  test('is replaced as a whole', async () => {
    using target = scene();
    writeFileSync(target.path, filled(3 * SIZE, 9));
    const { sink, equalBlocks } = await target.open();
    await sink.writeAt(filled(BLOCK, 9), 0);
    await sink.finish(SIZE);
    expect(statSync(target.path).size).toBe(SIZE);
    expect(readFileSync(target.path)[BLOCK]).toBe(0);
    expect(equalBlocks()).toBe(0);
  });

  test('keeps what is around the image with an offset', async () => {
    using target = scene();
    writeFileSync(target.path, filled(3 * SIZE, 9));
    const { sink, equalBlocks } = await target.open({ targetOffset: 512 });
    await sink.writeAt(filled(BLOCK, 1), 512);
    await sink.writeAt(filled(BLOCK, 9), 512 + BLOCK);
    await sink.finish(512 + SIZE);
    const bytes = readFileSync(target.path);
    expect(bytes).toHaveLength(3 * SIZE);
    expect([bytes[511], bytes[512], bytes[512 + BLOCK - 1], bytes[512 + BLOCK]]).toEqual([9, 1, 1, 9]);
    // Only a comparison counts them.
    expect(equalBlocks()).toBe(0);
  });

  test('is compared: equal blocks are counted and not written, and its end is cut', async () => {
    using target = scene();
    writeFileSync(target.path, filled(3 * SIZE, 9));
    const { sink, equalBlocks, output } = await target.open({ isCompared: true });
    expect(output?.kind).toBe('in-place');
    await sink.writeAt(Uint8Array.from([...filled(2 * BLOCK, 9), ...filled(BLOCK, 1)]), 0);
    await sink.finish(SIZE);
    expect(equalBlocks()).toBe(2);
    const bytes = readFileSync(target.path);
    expect([bytes.length, bytes[2 * BLOCK - 1], bytes[2 * BLOCK]]).toEqual([SIZE, 9, 1]);
  });
});

test('a new file has nothing to be compared with', async () => {
  using target = scene();
  const { sink, equalBlocks } = await target.open({ isCompared: true });
  await sink.writeAt(filled(BLOCK, 0), 0);
  await sink.finish(SIZE);
  expect(equalBlocks()).toBe(0);
});

describe('the end of an image', () => {
  const MOST = 2 ** 52 - 1;

  test('is refused one byte past the most that can be addressed, before anything is opened', async () => {
    using target = scene();
    await expect(target.open({ targetOffset: MOST - SIZE + 1 })).rejects.toMatchObject({
      code: 'CLI_REFUSED',
      message: `the image would end at byte ${MOST + 1}, ${MOST} is the most`,
    });
    await expect(target.open({ size: MOST + 1 })).rejects.toMatchObject({ code: 'CLI_REFUSED' });
    expect(existsSync(target.path)).toBe(false);
  });

  test('may be too far for the file system of the target: that is known at once, and nothing stays', async () => {
    using target = scene();
    const outcome = await target.open({ size: MOST }).catch((error: unknown) => error);
    // Nearly no file system holds a file of 4 PiB; where one does, it is a hole.
    if (outcome instanceof Error) {
      expect(outcome).toMatchObject({
        code: 'CLI_FAILED',
        message: expect.stringMatching(/bytes long; a QCOW2 image/),
      });
      expect(readdirSync(target.folder.path)).toEqual([]);
    }
  });
});

describe('a dry run', () => {
  test('prints the blocks that would be written, and makes no file', async () => {
    using target = scene();
    const { sink, output, isBlockDevice } = await target.open({ isDryRun: true, targetOffset: 5 * BLOCK });
    expect([output, isBlockDevice]).toEqual([undefined, false]);
    for (const [block, byte] of [
      [1, 1],
      [2, 0],
      [3, 1],
    ] as const) {
      await sink.writeAt(filled(BLOCK, byte), (5 + block) * BLOCK);
    }
    await sink.finish(5 * BLOCK + SIZE);
    // In a new file zeros are holes.
    expect(target.world.said.stdout).toBe('Writing block 1\nWriting block 3\n');
    expect(existsSync(target.path)).toBe(false);
  });

  test('onto an existing file prints blocks of zeros and equal ones too, and changes nothing', async () => {
    using target = scene();
    writeFileSync(target.path, filled(SIZE, 9));
    const { sink, equalBlocks } = await target.open({ isDryRun: true });
    await sink.writeAt(filled(BLOCK, 0), 0);
    await sink.writeAt(filled(BLOCK, 9), BLOCK);
    expect(target.world.said.stdout).toBe('Writing block 0\nWriting block 1\n');
    expect(equalBlocks()).toBe(0);
    expect(Uint8Array.from(readFileSync(target.path))).toEqual(filled(SIZE, 9));
  });

  test('with a comparison prints the blocks that differ only', async () => {
    using target = scene();
    writeFileSync(target.path, filled(SIZE, 9));
    const { sink, equalBlocks } = await target.open({ isDryRun: true, isCompared: true });
    await sink.writeAt(Uint8Array.from([...filled(BLOCK, 9), ...filled(BLOCK, 1)]), 0);
    expect(target.world.said.stdout).toBe('Writing block 1\n');
    expect(equalBlocks()).toBe(1);
  });

  test('with a comparison needs no file', async () => {
    using target = scene();
    const { sink, equalBlocks } = await target.open({ isDryRun: true, isCompared: true });
    await sink.writeAt(filled(BLOCK, 1), 0);
    expect(target.world.said.stdout).toBe('Writing block 0\n');
    expect(equalBlocks()).toBe(0);
  });

  test('of an image that ends too far is not refused', async () => {
    using target = scene();
    expect((await target.open({ isDryRun: true, size: 2 ** 52 })).output).toBeUndefined();
  });
});

test('a target in a folder that does not exist cannot be opened', async () => {
  using target = scene();
  await expect(target.open({ image: target.folder.file('none/img') })).rejects.toMatchObject({
    code: 'CLI_FAILED',
    message: expect.stringContaining('while trying to open '),
  });
});
