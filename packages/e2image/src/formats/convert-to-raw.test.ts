import { fakeWorld } from '@e2image/cli/testing';
import { openQcow2 } from '@e2image/qcow2';
import { faultySource, MemorySink, memorySource } from '@e2image/sparse-io/testing';
import {
  FILE_BLOCKS,
  METADATA,
  memoryJob,
  memoryOutput,
  memoryTarget,
  planOf,
  sampleFilesystem,
  usedBlocks,
} from '../testing/memory-job.ts';
import { convertToRaw } from './convert-to-raw.ts';
import { makeQcow2 } from './make-qcow2.ts';

/** A QCOW2 image of the sample, in memory. */
async function sampleImage(): Promise<Uint8Array> {
  const sink = new MemorySink();
  const { job } = await memoryJob('-Qa --select compat dev img', sampleFilesystem());
  await makeQcow2(job, async () => memoryOutput(sink));
  return sink.bytes;
}

async function convert(line: string, sink = new MemorySink(), faults: { offset: number; length: number }[] = []) {
  const world = fakeWorld({ program: 'e2image' });
  const image = openQcow2(faultySource(memorySource(await sampleImage()), { at: faults }));
  const target = memoryTarget(sink, { equalBlocks: () => 5 });
  const status = await convertToRaw(image, planOf(line), world, async () => target);
  return { status, sink, said: world.said };
}

const EXPECTED = usedBlocks(sampleFilesystem().bytes).filter((block) => [...METADATA, ...FILE_BLOCKS].includes(block));

describe('convertToRaw', () => {
  test('gives the whole disk of the image', async () => {
    const { status, sink, said } = await convert('-r image out');
    expect([status, said.stderr]).toEqual([0, '']);
    expect(sink.bytes.length).toBe(sampleFilesystem().bytes.length);
    expect(usedBlocks(sink.bytes)).toEqual(EXPECTED);
  });

  const old = () => new MemorySink({ old: new Uint8Array(600 * 1024).fill(0xee) });

  test('makes zeros of what the image does not hold', async () => {
    const { sink } = await convert('-r image out', old());
    expect(usedBlocks(sink.bytes)).toEqual(EXPECTED);
  });

  test('leaves the old contents there with --keep-unallocated', async () => {
    const { sink } = await convert('-r --keep-unallocated image out', old());
    expect(sink.bytes[70 * 1024]).toBe(0xee);
    expect(sink.bytes[50 * 1024]).toBe(50);
  });

  test('begins where -O says', async () => {
    const { sink } = await convert('-r -O 1024 image out');
    expect(usedBlocks(sink.bytes, 1024)).toEqual(EXPECTED);
    expect(usedBlocks(sink.bytes.subarray(0, 1024))).toEqual([]);
  });

  test('reports bytes that cannot be read, and has zeros for them', async () => {
    const bytes = await sampleImage();
    const at = bytes.findIndex((_, index) => index % 1024 === 0 && bytes[index] === 50 && bytes[index + 1023] === 50);
    const { status, sink, said } = await convert('-r image out', new MemorySink(), [{ offset: at, length: 1 }]);
    expect(status).toBe(3);
    expect(said.stderr).toMatch(/^e2image: bytes 49152 to 53247 cannot be read: .*; zeros in the image\n$/);
    expect(usedBlocks(sink.bytes)).toEqual(EXPECTED.filter((block) => block < 48 || block > 51));
  });

  test('prints the number of equal blocks with -c', async () => {
    expect((await convert('-rc image out')).said.stdout).toBe('5 blocks already contained the data to be copied\n');
  });

  test('refuses a mapfile', async () => {
    await expect(convert('-r --mapfile m image out')).rejects.toThrow('--mapfile is for disks, not for a QCOW2 image');
  });

  test('shows progress with -p', async () => {
    expect((await convert('-rp image out')).said.stderr).toMatch(/^Copying 0 \/ 129 blocks .*Copied 129 \/ 129/s);
  });
});
