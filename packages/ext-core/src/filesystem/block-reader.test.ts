import fc from 'fast-check';
import { TinyFilesystem } from '../testing/tiny-filesystem.ts';
import { BlockWindow, READ_UNIT, readIsolated } from './block-reader.ts';
import { openFilesystem } from './filesystem.ts';

/** A file system of which every block but the first eight is filled with its own number. */
function numbered(groups = 2) {
  const tiny = new TinyFilesystem(groups);
  const blocks = tiny.size / 1024;
  for (let block = 8; block < blocks; block++) tiny.bytes.fill(block % 251, block * 1024, (block + 1) * 1024);
  return { tiny, fs: openFilesystem(tiny) };
}

describe('readIsolated', () => {
  test('reads all blocks together while none fails', () => {
    const { tiny, fs } = numbered();
    tiny.blocksRead = 0;
    const into = new Uint8Array(3 * 1024);
    readIsolated(fs, into, 20, () => {
      throw new Error('not expected here');
    });
    expect([tiny.blocksRead, into[0], into[2047], into[2048]]).toEqual([3, 20, 21, 22]);
  });

  test('reports each unreadable block with its reason, and makes it zeros', () => {
    const { tiny, fs } = numbered();
    for (const block of [20, 22]) tiny.unreadable.add(block);
    const into = new Uint8Array(4 * 1024).fill(255);
    const reported: string[] = [];
    readIsolated(fs, into, 20, (block, reason) => reported.push(`${block} ${reason}`));
    expect(reported).toEqual(['20 input/output error', '22 input/output error']);
    expect(
      [0, 1, 2, 3].map((index) =>
        into.subarray(index * 1024, (index + 1) * 1024).every((byte) => byte === into[index * 1024]),
      ),
    ).toEqual([true, true, true, true]);
    expect([into[0], into[1024], into[2048], into[3072]]).toEqual([0, 21, 0, 23]);
  });

  test('throws a bug as it is', () => {
    const { fs } = numbered();
    const broken = {
      ...fs,
      readBlocks: () => {
        throw new TypeError('bug');
      },
    };
    expect(() => readIsolated(broken, new Uint8Array(1024), 20, () => undefined)).toThrow('bug');
  });
});

describe('BlockWindow', () => {
  test('has room for 256 KiB of blocks', () => {
    const { fs } = numbered();
    expect(new BlockWindow(fs).capacity).toBe(256);
    expect(new BlockWindow({ ...fs, blockSize: 4096 }).capacity).toBe(64);
    expect(new BlockWindow({ ...fs, blockSize: 2 * READ_UNIT }).capacity).toBe(1);
  });

  test('gives each block in the order of the list, repeats and unreadable ones included', () => {
    const { tiny, fs } = numbered();
    const blocks = fc.array(fc.integer({ min: 8, max: 60 }), { minLength: 1, maxLength: 30 });
    const bad = fc.array(fc.integer({ min: 8, max: 60 }), { maxLength: 4 });
    fc.assert(
      fc.property(blocks, fc.nat(5), bad, (list, start, unreadable) => {
        const from = Math.min(start, list.length - 1);
        tiny.unreadable.clear();
        for (const block of unreadable) tiny.unreadable.add(block);
        const reported = new Set<number>();
        const window = new BlockWindow(fs);
        const offsets = window.load(list, from, (block) => reported.add(block));
        const asked = list.slice(from);
        expect(offsets).toHaveLength(asked.length);
        asked.forEach((block, index) => {
          const offset = offsets[index] ?? NaN;
          if (tiny.unreadable.has(block)) expect(offset).toBe(-1);
          else expect([window.view.getUint8(offset), window.view.getUint8(offset + 1023)]).toEqual([block, block]);
        });
        expect(reported).toEqual(new Set(asked.filter((block) => tiny.unreadable.has(block))));
      }),
    );
    tiny.unreadable.clear();
  });

  test('reads neighbours in one call, in ascending order', () => {
    const { fs } = numbered();
    const reads: number[][] = [];
    const counted = {
      ...fs,
      readBlocks(into: Uint8Array, block: number) {
        reads.push([block, into.length / 1024]);
        fs.readBlocks(into, block);
      },
    };
    new BlockWindow(counted).load([30, 12, 31, 10, 11, 40], 0, () => undefined);
    expect(reads).toEqual([
      [10, 3],
      [30, 2],
      [40, 1],
    ]);
  });

  test('reads no more than its capacity, from the given index on', () => {
    const { tiny, fs } = numbered(3);
    const list = Array.from({ length: 300 }, (_, index) => 8 + index);
    const window = new BlockWindow(fs);
    tiny.blocksRead = 0;
    const first = window.load(list, 0, () => undefined);
    expect([first.length, tiny.blocksRead, window.view.byteLength]).toEqual([256, 256, READ_UNIT]);
    const rest = window.load(list, 256, () => undefined);
    expect([rest.length, window.view.getUint8(rest[0] ?? -1)]).toEqual([44, (8 + 256) % 251]);
    expect(window.view.byteLength).toBe(READ_UNIT);
  });

  test('holds no more memory than one block where one is asked for', () => {
    const { fs } = numbered();
    const window = new BlockWindow(fs);
    expect(window.view.byteLength).toBe(0);
    expect(window.load([20], 0, () => undefined)).toEqual([0]);
    expect([window.view.byteLength, window.view.getUint8(0)]).toEqual([1024, 20]);
  });
});
