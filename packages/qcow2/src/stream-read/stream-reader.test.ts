import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { loadCodec } from '../codec/codec.ts';
import { viewOf } from '../format/field.ts';
import { setCompressedEntry } from '../format/table-entry.ts';
import { MemorySpool } from '../io/spool.ts';
import { buildImage } from '../testing/image.fixture.ts';
import { type Disk, disk, makeDisk } from '../testing/made-disk.test.kit.ts';
import { MemoryOutput, memoryInput, streamOf } from '../testing/memory-output.test.kit.ts';
import { planImage } from '../write/image-plan.ts';
import { writePlain } from '../write/plain-writer.ts';
import { writeBudgeted } from '../write-compressed/budget-writer.ts';
import { writeCompressed, writeSpooled } from '../write-compressed/compressed-writer.ts';
import { readStreamed, type StreamReadOptions } from './stream-reader.ts';

type Make = (disk: Disk) => Promise<Uint8Array>;

async function options({ bytes, clusterBits, runs }: Disk, type: 'zlib' | 'zstd') {
  const version = type === 'zstd' ? (3 as const) : (2 as const);
  return { virtualSize: bytes.length, clusterBits, version, runs, codec: await loadCodec(type) };
}

const plain: Make = async ({ bytes, clusterBits, runs }) => {
  const output = new MemoryOutput(false);
  await writePlain(memoryInput(bytes), output, {
    plan: planImage({ virtualSize: bytes.length, clusterBits, version: 2, runs }),
  });
  return output.bytes;
};
const inFile =
  (type: 'zlib' | 'zstd'): Make =>
  async (made) => {
    const output = new MemoryOutput(false);
    await writeCompressed(memoryInput(made.bytes), output, await options(made, type));
    return output.bytes;
  };
const spooled: Make = async (made) => {
  const output = new MemoryOutput(true);
  await writeSpooled(memoryInput(made.bytes), output, new MemorySpool(), await options(made, 'zlib'));
  return output.bytes;
};
const budgeted: Make = async (made) => {
  const output = new MemoryOutput(true);
  await writeBudgeted(memoryInput(made.bytes), output, { ...(await options(made, 'zlib')), budget: 0.4 });
  return output.bytes;
};

/** Read a stream to its end. */
async function read(
  image: Uint8Array,
  { chunk = 700, ...rest }: Partial<StreamReadOptions> & { readonly chunk?: number } = {},
) {
  let guest = new Uint8Array(0);
  const report = await readStreamed(streamOf(image, chunk), {
    onHeader: ({ virtualSize }) => {
      guest = new Uint8Array(virtualSize);
    },
    onData: (bytes, offset) => guest.set(bytes, offset),
    ...rest,
  });
  return { guest, report };
}

test.each<[string, boolean, Make]>([
  ['plain', true, plain],
  ['compressed in a file', true, inFile('zlib')],
  ['compressed with zstd', true, inFile('zstd')],
  ['compressed through a spool', true, spooled],
  ['compressed with a budget', false, budgeted],
])('%s: an image reads back from a stream, in pieces of any size', async (_, holdsNothing, make) => {
  await fc.assert(
    fc.asyncProperty(disk, fc.integer({ min: 1, max: 200_000 }), async (made, chunk) => {
      const { guest, report } = await read(await make(made), { chunk: Math.max(chunk, 97) });
      expect(Buffer.compare(guest.subarray(0, made.bytes.length), made.bytes)).toBe(0);
      if (holdsNothing) expect(report.heldBytes).toBe(0);
    }),
    { numRuns: 25 },
  );
});

test.each<[string, Make, 'guest' | 'image']>([
  ['plain', plain, 'guest'],
  ['compressed', spooled, 'guest'],
  ['compressed with zstd in a file', inFile('zstd'), 'guest'],
  ['budgeted', budgeted, 'image'],
])('%s: asked for, the order of the disk is %s, and reported before any data', async (_, make, expected) => {
  await fc.assert(
    fc.asyncProperty(disk, async (made) => {
      let order: string | undefined;
      let end = 0;
      const guest = new Uint8Array(Math.ceil(made.bytes.length / 512) * 512);
      const report = await readStreamed(streamOf(await make(made), 5000), {
        onOrder: (told) => {
          order = told;
        },
        onData: (bytes, offset) => {
          if (order === 'guest') expect(offset).toBeGreaterThanOrEqual(end);
          end = offset + bytes.length;
          guest.set(bytes, offset);
        },
      });
      expect(Buffer.compare(guest.subarray(0, made.bytes.length), made.bytes)).toBe(0);
      if (expected === 'guest' || report.heldBytes > 0) expect(order).toBe(expected);
    }),
    { numRuns: 25 },
  );
});

const few = makeDisk(12, ['text', 'noise', 'zeros', 'text', 'noise', 'noise', 'text', 'unmapped', 'last byte'], 100);

test.each<[string, Make]>([
  ['plain', plain],
  ['compressed', spooled],
  ['budgeted', budgeted],
])('%s: a stream that ends early, wherever that is, is noticed', async (_, make) => {
  const image = await make(few);
  for (let length = 0; length < image.length - 4096; length += 509) {
    const reading = read(image.subarray(0, length));
    await expect(reading).rejects.toMatchObject({ code: expect.stringMatching(/^QCOW2_(TRUNCATED|BAD_MAGIC)$/) });
  }
});

test('a last cluster that is only partly there reads as zeros from there on', async () => {
  const image = await plain(few);
  const { guest } = await read(image.subarray(0, image.length - 100));
  expect(Buffer.compare(guest.subarray(0, few.bytes.length), few.bytes)).toBe(0);
});

test('missing sectors after the end of a compressed stream do not count as truncation', async () => {
  const made = makeDisk(12, ['text', 'text', 'text'], 0);
  const image = await spooled(made);
  const end = image.findLastIndex((byte) => byte !== 0) + 1;
  const { guest } = await read(image.subarray(0, end));
  expect(Buffer.compare(guest, made.bytes)).toBe(0);
});

test('no byte past the end of the disk is passed on, and the report counts the rest', async () => {
  // The disk ends 100 bytes before a sector, inside its last cluster.
  const made = makeDisk(12, ['text', 'noise', 'unmapped', 'text'], 612);
  for (const make of [plain, spooled]) {
    let end = 0;
    let bytesPassed = 0;
    const report = await readStreamed(streamOf(await make(made), 700), {
      onData: (bytes, offset) => {
        end = Math.max(end, offset + bytes.length);
        bytesPassed += bytes.length;
      },
    });
    expect(end).toBe(4 * 4096 - 512);
    expect(bytesPassed).toBe(3 * 4096 - 512);
    expect(report).toMatchObject({ virtualSize: 4 * 4096 - 512, clusterSize: 4096, dataBytes: bytesPassed });
  }
});

test('a compressed stream in the cluster of the header can be read', async () => {
  const { bytes, at, guest } = buildImage({ clusterBits: 12, clusters: [{ kind: 'compressed', fill: 5 }] });
  const stream = bytes.slice(at.data[0], (at.data[0] ?? 0) + 200);
  bytes.set(stream, 2000);
  setCompressedEntry(viewOf(bytes), at.l2, { offset: 2003, length: 190, clusterBits: 12 });
  expect((await read(bytes)).guest).toEqual(guest);
});

test('what must be held goes to the spool when memory is full, and is an error without one', async () => {
  const made = makeDisk(
    12,
    Array.from({ length: 40 }, () => 'noise' as const),
    0,
  );
  const output = new MemoryOutput(true);
  await writeBudgeted(memoryInput(made.bytes), output, { ...(await options(made, 'zlib')), budget: 1 });
  const held = read(output.bytes, { holdLimit: 10 * 4096 });
  await expect(held).rejects.toMatchObject({ code: 'QCOW2_CANNOT_STREAM' });
  const { guest, report } = await read(output.bytes, { holdLimit: 10 * 4096, openSpool: () => new MemorySpool() });
  expect(Buffer.compare(guest, made.bytes)).toBe(0);
  expect(report).toMatchObject({ heldBytes: 10 * 4096, spooledBytes: 30 * 4096 });
});

/**
 * A minimal image of 512-byte clusters: header, refcount table, its block, data, then free space, then L1 and L2 in
 * either order. Both guest clusters are the one data cluster.
 */
function handMade({ l1At, refcount }: { l1At: 9 | 10; refcount: number }): Uint8Array {
  const image = new Uint8Array(512 * 11);
  const view = new DataView(image.buffer);
  const l2At = 19 - l1At;
  const header: readonly (readonly [number, number])[] = [
    [0, 0x514649fb],
    [4, 2],
    [20, 9],
    [28, 1024],
    [36, 1],
    [44, l1At * 512],
    [52, 512],
    [56, 1],
  ];
  for (const [at, value] of header) view.setUint32(at, value);
  view.setUint32(512 + 4, 1024);
  for (const [cluster, count] of [1, 1, 1, refcount, 0, 0, 0, 0, 0, 1, 1].entries()) {
    view.setUint16(1024 + cluster * 2, count);
  }
  image.fill(7, 1536, 2048);
  view.setUint32(l1At * 512 + 4, l2At * 512);
  view.setUint32(l2At * 512 + 4, 1536);
  view.setUint32(l2At * 512 + 12, 1536);
  return image;
}

test.each([9, 10] as const)(
  'data is held as often as its refcount says, free space is not: L1 at cluster %d',
  async (l1At) => {
    const { guest, report } = await read(handMade({ l1At, refcount: 2 }));
    expect(guest.every((byte) => byte === 7)).toBe(true);
    // The data cluster; with a late L1 table the L2 table is still in reach.
    expect(report.heldBytes).toBe(512);
  },
);

test('a cluster that is used more often than its refcount says is an error, not zeros', async () => {
  const reading = read(handMade({ l1At: 9, refcount: 1 }));
  await expect(reading).rejects.toMatchObject({ code: 'QCOW2_CANNOT_STREAM', detail: { hostOffset: 1536 } });
  await expect(read(handMade({ l1At: 9, refcount: 0 }))).rejects.toMatchObject({ code: 'QCOW2_CANNOT_STREAM' });
});

test.each([
  ['a backing file', 15, 80],
  ['encryption', 35, 1],
])('%s is refused', async (_, at, value) => {
  const image = handMade({ l1At: 9, refcount: 2 });
  image[at] = value;
  if (at === 15) image[19] = 4;
  await expect(read(image)).rejects.toMatchObject({ code: expect.stringMatching(/QCOW2_(CANNOT_STREAM|ENCRYPTED)/) });
});

test('a stream that is aborted ends with the reason of the signal, and its source is closed', async () => {
  let isClosed = false;
  async function* endless() {
    try {
      const image = await plain(few);
      yield image.subarray(0, 4096);
      for (;;) yield new Uint8Array(4096);
    } finally {
      isClosed = true;
    }
  }
  const reason = new Error('enough');
  const abort = new AbortController();
  const reading = readStreamed(endless(), {
    onHeader: () => abort.abort(reason),
    onData: () => undefined,
    signal: abort.signal,
  });
  await expect(reading).rejects.toBe(reason);
  expect(isClosed).toBe(true);
});

test('an L2 table that serves two L1 entries is refused', async () => {
  const image = handMade({ l1At: 9, refcount: 2 });
  const view = new DataView(image.buffer);
  view.setUint32(28, 512 * 64 * 2);
  view.setUint32(36, 2);
  view.setUint32(9 * 512 + 12, 10 * 512);
  await expect(read(image)).rejects.toMatchObject({ code: 'QCOW2_CANNOT_STREAM' });
});

test('whatever is done to an image, reading it ends, and if it fails, by a Qcow2Error', async () => {
  const images = await Promise.all([plain(few), spooled(few), budgeted(few), inFile('zstd')(few)]);
  const damage = fc.array(fc.tuple(fc.nat({ max: 6 * 4096 - 1 }), fc.nat({ max: 255 })), {
    minLength: 1,
    maxLength: 6,
  });
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...images), damage, async (image, changes) => {
      const damaged = image.slice();
      for (const [at, value] of changes) damaged[at % damaged.length] = value;
      await read(damaged, { maxVirtualSize: 1 << 26, chunk: 5000 }).catch((error: unknown) => {
        expect(error).toMatchObject({ code: expect.stringMatching(/^QCOW2_/) });
      });
    }),
    { numRuns: 300 },
  );
});
