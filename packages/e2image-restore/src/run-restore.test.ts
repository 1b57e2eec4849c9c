import { closeSync, openSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { faultySource, memorySource, tempFolder } from '@e2image/sparse-io/testing';
import { runRestore } from './run-restore.ts';

const BLOCK = 1024;

/** A device of 8 blocks of zeros, to get ones in blocks 3, 4 and 6, and twos as its superblock. */
async function restored({ differs = true, fails = false } = {}): Promise<{ steps: string[]; bytes: Uint8Array }> {
  using folder = tempFolder();
  const path = join(folder.path, 'device');
  writeFileSync(path, new Uint8Array(8 * BLOCK));
  const fd = openSync(path, 'r+');
  const state = (): string => [1, 3, 4, 6].map((block) => `${block}:${readFileSync(path)[block * BLOCK]}`).join(' ');
  const steps: string[] = [];
  const undo = {
    async expectSuperblock(superblock: Uint8Array) {
      steps.push(`expect ${superblock[0]}, device ${state()}`);
      if (fails) throw new Error('no room');
    },
    async finish() {
      steps.push(`finish, device ${state()}`);
    },
  };
  const wanted = new Uint8Array(8 * BLOCK).fill(1);
  const superblock = { wanted: new Uint8Array(BLOCK).fill(2), now: new Uint8Array(BLOCK), differs };
  const runs = [
    { start: 3, count: 2 },
    { start: 6, count: 1 },
  ];
  const plan = { blockSize: BLOCK, runs, size: 8 * BLOCK, superblock, wanted: memorySource(wanted) };
  try {
    await runRestore(plan, { fd }, { undo }).catch((error: Error) => steps.push(error.message));
    return { steps, bytes: readFileSync(path) };
  } finally {
    closeSync(fd);
  }
}

test('the undo file learns of the superblock after all other blocks and before the superblock is written', async () => {
  const { steps } = await restored();
  expect(steps).toEqual(['expect 2, device 1:0 3:1 4:1 6:1', 'finish, device 1:2 3:1 4:1 6:1']);
});

test('a superblock that is right already is not written', async () => {
  const { steps } = await restored({ differs: false });
  expect(steps).toEqual(['finish, device 1:0 3:1 4:1 6:1']);
});

test('the superblock is not written when the undo file cannot be told of it', async () => {
  const { steps, bytes } = await restored({ fails: true });
  expect(steps).toEqual(['expect 2, device 1:0 3:1 4:1 6:1', 'no room']);
  expect(bytes[BLOCK]).toBe(0);
});

test('nothing but the runs and the superblock is written', async () => {
  const { bytes } = await restored();
  const written = Array.from({ length: 8 }, (_, block) => bytes[block * BLOCK]);
  expect(written).toEqual([0, 2, 0, 1, 1, 0, 1, 0]);
});

test('a restore that fails leaves no descriptor of its own open', async () => {
  using folder = tempFolder();
  const path = join(folder.path, 'device');
  writeFileSync(path, new Uint8Array(8 * BLOCK));
  const fd = openSync(path, 'r+');
  const open = (): number => readdirSync('/proc/self/fd').length;
  const before = open();
  const wanted = faultySource(memorySource(new Uint8Array(8 * BLOCK)), { at: [{ offset: 3 * BLOCK, length: 1 }] });
  const superblock = { wanted: new Uint8Array(BLOCK), now: new Uint8Array(BLOCK), differs: true };
  const plan = { blockSize: BLOCK, runs: [{ start: 3, count: 2 }], size: 8 * BLOCK, superblock, wanted };
  await expect(runRestore(plan, { fd })).rejects.toMatchObject({ code: 'EIO' });
  expect(open()).toBe(before);
  closeSync(fd);
});
