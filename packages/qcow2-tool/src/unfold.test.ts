import { writeQcow2 } from '@e2image/disk-image';
import { memorySource } from '@e2image/sparse-io';
import { MemorySink } from '@e2image/sparse-io/testing';
import { unfold } from './unfold.ts';

/** A disk of 32 clusters of 512 bytes: the first three and the last contain data. */
const disk = new Uint8Array(32 * 512).fill(1, 0, 3 * 512).fill(2, 31 * 512);

/** An image of the disk. @param sequential its tables are before its data, in the order of the disk */
async function imageOf(isSequential: boolean, pipeLayout: 'spool' | 'budget' = 'spool'): Promise<Uint8Array> {
  const sink = new MemorySink({ isSequential });
  const runs = [
    { start: 0, count: 3 },
    { start: 31, count: 1 },
  ];
  const layout = { virtualSize: disk.length, clusterBits: 9, version: 2, runs } as const;
  const { bytes } = await writeQcow2(memorySource(disk), sink, { layout, pipeLayout, compression: { type: 'zlib' } });
  await sink.finish(bytes);
  return sink.bytes;
}

/** The bytes in pieces of a size that divides nothing. */
async function* inPieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 333) yield bytes.subarray(at, at + 333);
}

describe('unfold', () => {
  test.each([
    ['into a pipe', true],
    ['into a file', false],
  ])('gives the disk of an image that is read in order, %s', async (_where, isSequential) => {
    const sink = new MemorySink({ isSequential });
    const size = await unfold(inPieces(await imageOf(true)), sink);
    await sink.finish(size);
    expect(size).toBe(disk.length);
    expect(sink.bytes).toEqual(disk);
  });

  test('gives it for an image with tables after its data, too', async () => {
    const sink = new MemorySink({ isSequential: true });
    await sink.finish(await unfold(inPieces(await imageOf(true, 'budget')), sink));
    expect(sink.bytes).toEqual(disk);
  });

  test('writes only what the image stores, where the sink can seek', async () => {
    const sink = new MemorySink();
    const done: number[] = [];
    await unfold(inPieces(await imageOf(true)), sink, { onProgress: (bytes) => done.push(bytes) });
    const written = sink.calls.reduce((sum, { kind, length }) => sum + (kind === 'write' ? length : 0), 0);
    expect(written).toBe(4 * 512);
    expect(done.at(-1)).toBe(4 * 512);
  });

  test('a cut image is an error', async () => {
    const image = await imageOf(true);
    const cut = image.subarray(0, image.length - 512);
    await expect(unfold(inPieces(cut), new MemorySink())).rejects.toMatchObject({
      code: expect.stringMatching(/^QCOW2_/),
    });
  });
});
