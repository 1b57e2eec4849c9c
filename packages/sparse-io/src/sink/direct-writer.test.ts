import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { pageMemory } from '../disk/page-memory.ts';
import { MemorySink, tempFolder } from '../testing.ts';
import { DirectWriter } from './direct-writer.ts';
import { FileSink } from './file-sink.ts';

const KIB = 1024;

function withWriter(use: (writer: DirectWriter) => void): void {
  using folder = tempFolder();
  const fd = openSync(folder.file('out'), 'w+');
  const writer = new DirectWriter(fd);
  try {
    use(writer);
  } finally {
    writer.close();
    closeSync(fd);
  }
}

describe('DirectWriter', () => {
  test.each<[string, Uint8Array, number]>([
    ['short pieces', pageMemory(1).subarray(0, 64 * KIB), 0],
    ['pieces for an unaligned offset', pageMemory(256 * KIB), 512],
    ['memory of unknown alignment', new Uint8Array(256 * KIB), 0],
    ['a part that begins inside a page', pageMemory(512 * KIB).subarray(100), 0],
  ])('refuses %s', (_, bytes, offset) => {
    withWriter((writer) => expect(writer.write(bytes, offset)).toBe(0));
  });

  test('writes the whole pages of a piece, or nothing where the file system has no direct writes', () => {
    withWriter((writer) => {
      const isPossible = writer.buffer() !== undefined;
      const bytes = pageMemory(256 * KIB).subarray(0, 200 * KIB + 3);
      expect(writer.write(bytes, 4096)).toBe(isPossible ? 200 * KIB : 0);
    });
  });

  test('closes its descriptor after finish and after abort', async () => {
    using folder = tempFolder();
    const open = (): number => readdirSync('/proc/self/fd').length;
    const before = open();
    const sink = new FileSink(openSync(folder.file('out'), 'w+'), { zero: 'hole' });
    sink.writeAt(sink.buffer() ?? pageMemory(256 * KIB), 0);
    await sink.finish(256 * KIB);
    const dropped = new FileSink(openSync(folder.file('out'), 'w+'), { zero: 'hole' });
    dropped.writeAt(dropped.buffer() ?? pageMemory(256 * KIB), 0);
    dropped.abort();
    expect(open()).toBe(before);
  });
});

describe('FileSink', () => {
  test('direct and cached writes make the right file, in any order and with any borders', async () => {
    const UNIT = 512;
    const memory = pageMemory(1 << 20);
    for (let at = 0; at < memory.length; at++) memory[at] = (at * 7 + (at >> 9)) & 0xff;
    const write = fc.record({
      at: fc.integer({ min: 0, max: 2000 }),
      length: fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 250, max: 1000 })),
      page: fc.integer({ min: 0, max: 8 }),
      isAligned: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(write, { maxLength: 8 }), async (writes) => {
        using folder = tempFolder();
        const sink = new FileSink(openSync(folder.file('out'), 'w+'), { zero: 'hole' });
        const model = new MemorySink();
        for (const { at, length, page, isAligned } of writes) {
          const offset = UNIT * (isAligned ? at - (at % 8) : at);
          const bytes = memory.subarray(4096 * page, 4096 * page + length * UNIT);
          sink.writeAt(bytes, offset);
          model.writeAt(bytes, offset);
        }
        await sink.finish(model.bytes.length);
        expect(readFileSync(folder.file('out')).equals(model.bytes)).toBe(true);
      }),
      { numRuns: 40 },
    );
  });
});
