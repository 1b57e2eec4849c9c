import { decodeHeader } from '../format/header.ts';
import { openQcow2 } from '../read/reader.ts';
import { arraySource } from '../testing/image.fixture.ts';
import { type Content, makeDisk } from '../testing/made-disk.test.kit.ts';
import { MemoryOutput, memoryInput } from '../testing/memory-output.test.kit.ts';
import { secondOpinion } from '../testing/second-opinion.test.kit.ts';
import { planImage } from './image-plan.ts';
import { type PlainOptions, writePlain } from './plain-writer.ts';

/** Small, so that tables fill clusters: an L2 table is for 64 clusters of the disk. */
const BITS = 9;
const CLUSTER = 2 ** BITS;

function scene(contents: readonly Content[], isSequential: boolean, more: Partial<PlainOptions> = {}) {
  const made = makeDisk(BITS, contents, 0);
  const plan = planImage({ virtualSize: made.bytes.length, clusterBits: BITS, version: 3, runs: made.runs });
  const output = new MemoryOutput(isSequential);
  const written: { readonly offset: number; readonly length: number }[] = [];
  const recording = {
    isSequential,
    writeAt(bytes: Uint8Array, offset: number): void {
      written.push({ offset, length: bytes.length });
      output.writeAt(bytes, offset);
    },
  };
  const write = () => writePlain(memoryInput(made.bytes), recording, { plan, ...more });
  return { made, plan, output, written, write };
}

const many = (count: number, content: Content) => Array.from({ length: count }, () => content);

describe('into a pipe', () => {
  test('it is what was planned, byte for byte, planned clusters of zeros too', async () => {
    const { plan, output, write, written, made } = scene(['zeros', 'text', 'zeros', 'unmapped', 'zeros'], true);
    expect(await write()).toEqual({
      bytes: plan.totalBytes,
      plainClusters: 4,
      compressedClusters: 0,
      droppedClusters: 0,
      freeClusters: 0,
    });
    expect(output.bytes).toHaveLength(plan.totalBytes);
    expect(written.reduce((sum, { length }) => sum + length, 0)).toBe(plan.totalBytes);
    expect(output.bytes.subarray(plan.dataOffset)).toEqual(
      Uint8Array.from([...made.bytes.subarray(0, 3 * CLUSTER), ...made.bytes.subarray(4 * CLUSTER)]),
    );
  });
});

describe('into an output that can seek', () => {
  test('clusters of zeros are left out, and those after them move up', async () => {
    const { plan, output, write, made } = scene(['zeros', 'text', 'zeros', 'noise'], false);
    expect(await write()).toMatchObject({ plainClusters: 2, droppedClusters: 2, bytes: plan.totalBytes - 2 * CLUSTER });
    expect(output.bytes.subarray(plan.dataOffset)).toEqual(
      Uint8Array.from([...made.bytes.subarray(CLUSTER, 2 * CLUSTER), ...made.bytes.subarray(3 * CLUSTER)]),
    );
  });

  test('a cluster with one byte is not one of zeros, whether it is the first or the last byte', async () => {
    for (const at of [0, CLUSTER - 1]) {
      const { made, write } = scene(['zeros'], false);
      made.bytes[at] = 1;
      expect(await write()).toMatchObject({ plainClusters: 1, droppedClusters: 0 });
    }
  });

  test.each([
    // The last cluster of a table, and the first of the next one.
    [64, 0],
    [65, 1],
  ])('of %i clusters the first holds data: the other %i tables are free and never written', async (count, free) => {
    const { write, written, plan, output } = scene(['text', ...many(count - 1, 'zeros')], false);
    expect(await write()).toMatchObject({ plainClusters: 1, droppedClusters: count - 1, freeClusters: free });
    const unused = { from: plan.l2Offset + CLUSTER, to: plan.dataOffset };
    expect((unused.to - unused.from) / CLUSTER).toBe(free);
    const inside = written.filter(({ offset, length }) => offset < unused.to && offset + length > unused.from);
    expect(inside).toEqual([]);
    expect(secondOpinion(output.bytes)).toMatchObject({ faults: [], free });
  });

  test('a refcount block that is planned and not needed is free', async () => {
    // A block of 512 bytes is for 256 clusters.
    const { write, plan, output } = scene(['text', ...many(300, 'zeros')], false);
    expect(plan.refcountBlocks).toBe(2);
    expect(await write()).toMatchObject({ plainClusters: 1, freeClusters: 1 + 4 });
    expect(secondOpinion(output.bytes)).toMatchObject({ faults: [], free: 1 + 4 });
  });

  test('the data is written first, then the tables, and the header last', async () => {
    const { write, written, plan } = scene(['text', 'noise'], false);
    await write();
    // The first write clears a header that may be there.
    const offsets = written.slice(1).map(({ offset }) => offset);
    expect(offsets[0]).toBe(plan.dataOffset);
    expect(offsets.at(-1)).toBe(0);
    expect(offsets.slice(1, -1).every((offset) => offset > 0 && offset < plan.dataOffset)).toBe(true);
  });
});

test.each([true, false])('each byte is in the tables once, into a pipe: %s', async (isSequential) => {
  const contents: Content[] = [...many(64, 'text'), 'unmapped', 'zeros', ...many(63, 'unmapped'), 'noise'];
  const { write, output, made } = scene(contents, isSequential);
  await write();
  const { faults, guest } = secondOpinion(output.bytes);
  expect(faults).toEqual([]);
  expect(guest).toEqual(made.bytes);
});

describe('extensions', () => {
  const order = async (isSequential: boolean) => {
    const events: string[] = [];
    const extensions = () => {
      events.push('extensions');
      return [{ type: 0x77, data: Uint8Array.of(1, 2, 3) }];
    };
    const { made, plan, output } = scene(['text', 'noise'], isSequential);
    const input = {
      size: made.bytes.length,
      readAt(into: Uint8Array, offset: number): void {
        events.push('read');
        into.set(made.bytes.subarray(offset, offset + into.length));
      },
    };
    await writePlain(input, output, { plan, extensions });
    expect(openQcow2(arraySource(output.bytes)).info.extensions).toEqual([
      { type: 0x77, data: Uint8Array.of(1, 2, 3) },
    ]);
    return events;
  };

  test('are asked for once, after the reads, in an output that can seek', async () => {
    const events = await order(false);
    expect(events.indexOf('extensions')).toBe(events.length - 1);
    expect(events).toContain('read');
  });

  test('are asked for once, before the reads, into a pipe', async () => {
    const events = await order(true);
    expect(events.lastIndexOf('extensions')).toBe(0);
    expect(events).toContain('read');
  });

  test.each([true, false])(
    'that do not fit the cluster of the header are refused, into a pipe: %s',
    async (isSequential) => {
      // The header of version 3 has 104 bytes; each extension has 8 before its data, and 8 are the end mark.
      const room = CLUSTER - 104 - 8 - 8;
      const of = (length: number) => ({ extensions: () => [{ type: 0x77, data: new Uint8Array(length).fill(1) }] });
      const fits = scene(['text'], isSequential, of(room));
      await fits.write();
      expect(decodeHeader(fits.output.bytes).version).toBe(3);
      expect(openQcow2(arraySource(fits.output.bytes)).info.extensions[0]?.data).toHaveLength(room);
      const tooLong = scene(['text'], isSequential, of(room + 1));
      await expect(tooLong.write()).rejects.toMatchObject({ code: 'QCOW2_TOO_LARGE' });
    },
  );
});

test('progress ends with the bytes of the planned clusters, those left out too', async () => {
  for (const isSequential of [true, false]) {
    const done: number[] = [];
    const { write } = scene(['text', 'unmapped', 'zeros', 'noise'], isSequential, {
      onProgress: (bytes) => void done.push(bytes),
    });
    await write();
    expect(done.at(-1)).toBe(3 * CLUSTER);
  }
});

test('a disk without clusters is an image all the same', async () => {
  for (const isSequential of [true, false]) {
    const { write, output, made } = scene(['unmapped', 'unmapped'], isSequential);
    expect(await write()).toMatchObject({ plainClusters: 0, droppedClusters: 0, bytes: output.bytes.length });
    expect(secondOpinion(output.bytes)).toMatchObject({ faults: [], guest: made.bytes });
  }
});
