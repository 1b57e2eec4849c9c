import { faultySource, memorySource } from '@e2image/sparse-io/testing';
import { runRestore } from './run-restore.ts';
import { memoryDevice } from './testing/memory-device.ts';

const BLOCK = 1024;

/** A plan to write ones to blocks 3, 4 and 6 of a device of 8 blocks, and twos as its superblock. */
const planOf = ({ differs = true, wanted = memorySource(new Uint8Array(8 * BLOCK).fill(1)) } = {}) => ({
  blockSize: BLOCK,
  runs: [
    { start: 3, count: 2 },
    { start: 6, count: 1 },
  ],
  size: 8 * BLOCK,
  superblock: { wanted: new Uint8Array(BLOCK).fill(2), now: new Uint8Array(BLOCK), differs },
  wanted,
});

/** Carry it out with an undo file that records the state of the device. */
async function restored({ differs = true, fails = false } = {}): Promise<{ steps: string[]; bytes: Uint8Array }> {
  const device = memoryDevice(new Uint8Array(8 * BLOCK));
  const { steps, bytes } = device;
  const undo = {
    async expectSuperblock(superblock: Uint8Array) {
      steps.push(`undo: expect ${superblock[0]}`);
      if (fails) throw new Error('no room');
    },
    async finish() {
      steps.push('undo: finish');
    },
  };
  await runRestore(planOf({ differs }), device, { undo }).catch((error: Error) => steps.push(error.message));
  return { steps, bytes };
}

const BLOCKS = ['write 3072+2048', 'write 6144+1024', 'sync 8192'];

test('each step is durable before the next: blocks, superblock in the undo file, superblock, end', async () => {
  const { steps } = await restored();
  expect(steps).toEqual([...BLOCKS, 'undo: expect 2', 'write 1024+1024', 'sync 8192', 'undo: finish']);
});

test('a superblock that is right already is not written', async () => {
  const { steps } = await restored({ differs: false });
  expect(steps).toEqual([...BLOCKS, 'undo: finish']);
});

test('the superblock is not written when the undo file cannot record it', async () => {
  const { steps, bytes } = await restored({ fails: true });
  expect(steps).toEqual([...BLOCKS, 'undo: expect 2', 'no room']);
  expect(bytes[BLOCK]).toBe(0);
});

test('nothing but the runs and the superblock is written', async () => {
  const { bytes } = await restored();
  const written = Array.from({ length: 8 }, (_, block) => bytes[block * BLOCK]);
  expect(written).toEqual([0, 2, 0, 1, 1, 0, 1, 0]);
});

test('progress is counted in bytes', async () => {
  const seen: number[] = [];
  await runRestore(planOf(), memoryDevice(new Uint8Array(8 * BLOCK)), { onProgress: (done) => seen.push(done) });
  expect(seen.at(-1)).toBe(3 * BLOCK);
});

test('a restore that fails disposes of the sink, and does not write the superblock', async () => {
  const device = memoryDevice(new Uint8Array(8 * BLOCK));
  const wanted = faultySource(memorySource(new Uint8Array(8 * BLOCK)), { at: [{ offset: 3 * BLOCK, length: 1 }] });
  await expect(runRestore(planOf({ wanted }), device)).rejects.toMatchObject({ code: 'EIO' });
  expect(device.openSinks).toBe(0);
  expect(device.steps).not.toContain('write 1024+1024');
});
