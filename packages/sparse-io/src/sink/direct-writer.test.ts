import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import type { DirectFile } from '../disk/direct-file.ts';
import { isAligned, pageMemory } from '../disk/page-memory.ts';
import { injectedError, MemorySink, tempFolder } from '../testing.ts';
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

/** A writer whose direct file takes every write, or fails as the test says. */
function recorded({ fails, isPossible = true }: { fails?: Error | boolean; isPossible?: boolean } = {}) {
  const log: string[] = [];
  const direct: DirectFile = {
    readAt: () => false,
    writeAt(bytes, offset) {
      log.push(`write ${bytes.length} at ${offset}${isAligned(bytes, 512) ? '' : ' unaligned'}: ${bytes[0]}`);
      if (fails instanceof Error) throw fails;
      return fails !== true;
    },
    [Symbol.dispose]: () => log.push('close'),
  };
  const writer = new DirectWriter(9, (fd) => {
    log.push(`open ${fd}`);
    return isPossible ? direct : undefined;
  });
  return { log, writer };
}

describe('DirectWriter over a direct file', () => {
  test('opens it for the first large piece, writes whole pages of 128 KiB or more, and closes it', () => {
    const { log, writer } = recorded();
    const memory = pageMemory(256 * KIB).fill(7);
    expect(writer.write(memory.subarray(0, 128 * KIB - 4096), 0)).toBe(0);
    expect(log).toEqual([]);
    expect(writer.write(memory.subarray(0, 128 * KIB), 4096)).toBe(128 * KIB);
    expect(writer.write(memory.subarray(4096, 200 * KIB + 5), 8192)).toBe(196 * KIB);
    expect(writer.write(memory, 4096 + 512)).toBe(0);
    writer.close();
    writer.close();
    expect(log).toEqual(['open 9', 'write 131072 at 4096: 7', 'write 200704 at 8192: 7', 'close']);
  });

  test('opens it again after it was closed', () => {
    const { log, writer } = recorded();
    expect(writer.buffer()).toHaveLength(1 << 20);
    writer.close();
    expect(writer.write(pageMemory(128 * KIB), 0)).toBe(128 * KIB);
    expect(log).toEqual(['open 9', 'close', 'open 9', 'write 131072 at 0: 0']);
  });

  test('does not try again to open a file that refused it', () => {
    const { log, writer } = recorded({ isPossible: false });
    expect([
      writer.buffer(),
      writer.write(pageMemory(128 * KIB), 0),
      writer.writeSectors(new Uint8Array(512), 0),
    ]).toEqual([undefined, 0, false]);
    expect(log).toEqual(['open 9']);
  });

  test('a refused piece is left to the caller as a whole', () => {
    const { writer } = recorded({ fails: true });
    expect([writer.write(pageMemory(128 * KIB), 0), writer.writeSectors(new Uint8Array(512), 0)]).toEqual([0, false]);
  });

  test('writes sectors from any memory; an error of the system means no, a bug is thrown', () => {
    const { log, writer } = recorded();
    expect(writer.writeSectors(new Uint8Array(1024).fill(3).subarray(0, 512), 1536)).toBe(true);
    expect(log).toEqual(['open 9', 'write 512 at 1536: 3']);
    const failing = recorded({ fails: injectedError('EIO', 'write') });
    expect(failing.writer.writeSectors(new Uint8Array(512), 0)).toBe(false);
    expect(() => failing.writer.write(pageMemory(128 * KIB), 0)).toThrow(expect.objectContaining({ code: 'EIO' }));
    const broken = recorded({ fails: new TypeError('bug') });
    expect(() => broken.writer.writeSectors(new Uint8Array(512), 0)).toThrow('bug');
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
