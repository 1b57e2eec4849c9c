import { closeSync, openSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { faultySink, faultySource, MemorySink, memorySource, tempFolder } from '@e2image/sparse-io/testing';
import { Rescue } from './rescue.ts';
import { UnreadBlocks } from './unread-blocks.ts';

const BLOCK = 512;
const PLACE = { blockSize: BLOCK, targetOffset: 0 };
const open = (): Rescue => Rescue.open('/nonexistent/map', { retries: 0, image: '/nonexistent/image' });

let folder: ReturnType<typeof tempFolder>;
beforeEach(() => {
  folder = tempFolder();
});
afterEach(() => folder[Symbol.dispose]());

/** A rescue that continues with this mapfile. */
function continued(ranges: readonly string[], { retries = 0 } = {}): Rescue {
  const path = join(folder.path, 'map');
  writeFileSync(path, `0 +\n${ranges.join('\n')}\n`);
  return Rescue.open(path, { retries, image: join(folder.path, 'img') });
}

/** Take over a target that holds these bytes. @returns the blocks that count as done, and the bytes after it */
function takeOver(rescue: Rescue, target: Uint8Array, source: Uint8Array, kind: 'block-device' | 'in-place') {
  const path = join(folder.path, 'target');
  writeFileSync(path, target);
  const fd = openSync(path, 'r+');
  try {
    const output = { sink: new MemorySink(), kind, existed: true, isTerminal: false, fd };
    rescue.takeOver(output, memorySource(source), PLACE);
  } finally {
    closeSync(fd);
  }
  return { done: [...rescue.done.runs()], after: readFileSync(path) };
}

const bytes = (...blocks: readonly number[]): Uint8Array =>
  Uint8Array.from(blocks.flatMap((value) => new Array<number>(BLOCK).fill(value)));

describe('a recording sink', () => {
  test('counts a block as done when the target has it, not when it was read', () => {
    const rescue = open();
    const sink = rescue.recording(faultySink(new MemorySink(), { room: 5 * BLOCK, code: 'EIO' }), {
      blockSize: BLOCK,
      targetOffset: BLOCK,
    });
    sink.writeAt(new Uint8Array(2 * BLOCK), BLOCK);
    sink.writeAt(new Uint8Array(BLOCK + 1), 3 * BLOCK);
    expect(() => sink.writeAt(new Uint8Array(2 * BLOCK), 4 * BLOCK)).toThrow('ENOSPC');
    expect([...rescue.done.runs()]).toEqual([{ start: 0, count: 3 }]);
  });

  test('passes everything on', async () => {
    const inner = new MemorySink();
    const sink = open().recording(inner, PLACE);
    sink.writeAt(bytes(7), 0);
    sink.zero(BLOCK, BLOCK);
    sink.skip(2 * BLOCK, BLOCK);
    await sink.finish(3 * BLOCK);
    expect(inner.calls.map(({ kind }) => kind)).toEqual(['write', 'zero', 'skip']);
    expect(inner.state).toBe('finished');
  });
});

describe('a guarded source', () => {
  test('gives its bytes by reading only', () => {
    const guarded = open().guard({ ...memorySource(new Uint8Array(BLOCK)), file: { fd: -1, base: 0 } });
    expect(guarded.file).toBeUndefined();
    expect(guarded.size).toBe(BLOCK);
  });

  test.each([
    [0, 'see the mapfile'],
    [2, 'injected'],
  ])('with %d retries a block that failed before fails with "%s"', (retries, message) => {
    const source = faultySource(memorySource(bytes(1, 2, 3)), { at: [{ offset: BLOCK, length: BLOCK }] });
    const guarded = continued(['0 512 +', '512 512 -', '1024 512 +'], { retries }).guard(source);
    expect(() => guarded.readAt(new Uint8Array(BLOCK), BLOCK)).toThrow(message);
  });
});

describe('the size of the source', () => {
  test('must be that of the mapfile', () => {
    const rescue = continued(['0 512 +', '512 1024 ?']);
    expect(() => rescue.refuseOtherSize(1536)).not.toThrow();
    expect(() => rescue.refuseOtherSize(2048)).toThrow(
      / belongs to another source: it is about 1536 bytes, the file system has 2048$/,
    );
  });

  test('may be any without a mapfile', () => {
    expect(() => open().refuseOtherSize(5)).not.toThrow();
  });
});

describe('takeOver', () => {
  test('counts as done the whole blocks that were read and that the target has', () => {
    const rescue = continued(['0 1024 +', '1024 512 -', '1536 512 +', '2048 512 ?']);
    const { done } = takeOver(rescue, bytes(1, 2, 0, 4, 0), bytes(1, 2, 3, 4, 5), 'block-device');
    expect(done).toEqual([
      { start: 0, count: 2 },
      { start: 3, count: 1 },
    ]);
  });

  test('rounds ranges inwards to blocks', () => {
    const rescue = continued(['0 100 ?', '100 1500 +', '1600 960 ?']);
    expect(takeOver(rescue, bytes(1, 2, 3, 4, 5), bytes(1, 2, 3, 4, 5), 'block-device').done).toEqual([
      { start: 1, count: 2 },
    ]);
  });

  test('refuses a target that does not hold what the mapfile says', () => {
    const rescue = continued(['0 1024 +']);
    expect(() => takeOver(rescue, bytes(9, 9), bytes(1, 2), 'block-device')).toThrow(/does not hold what .*map says/);
    expect([...rescue.done.runs()]).toEqual([]);
  });

  test('takes nothing over from a file that is written in place', () => {
    expect(takeOver(continued(['0 1024 +']), bytes(1, 2), bytes(1, 2), 'in-place').done).toEqual([]);
  });

  test('empties a partial image that no mapfile describes', () => {
    const partial = join(folder.path, 'map.partial');
    writeFileSync(partial, bytes(9, 9));
    const rescue = Rescue.open(join(folder.path, 'map'), { retries: 0, image: join(folder.path, 'img') });
    const fd = openSync(partial, 'r+');
    const output = { sink: new MemorySink(), kind: 'partial-file' as const, existed: true, isTerminal: false, fd };
    rescue.takeOver(output, memorySource(bytes(1, 2)), PLACE);
    closeSync(fd);
    expect(Uint8Array.from(readFileSync(partial))).toEqual(bytes(0, 0));
    expect(rescue.partialPath).toBe(partial);
  });
});

describe('save and sync', () => {
  test('the saved mapfile is what the next run takes over', () => {
    const path = join(folder.path, 'map');
    const rescue = Rescue.open(path, { retries: 0, image: join(folder.path, 'img') });
    rescue.recording(new MemorySink(), PLACE).writeAt(bytes(1, 2), 0);
    const unread = new UnreadBlocks();
    unread.add(2, 1, 'EIO');
    rescue.save(unread, { blockSize: BLOCK, blocksCount: 4 });
    const next = Rescue.open(path, { retries: 0, image: join(folder.path, 'img') });
    expect(() => next.refuseOtherSize(4 * BLOCK)).not.toThrow();
    expect(takeOver(next, bytes(1, 2, 0, 0), bytes(1, 2, 3, 4), 'block-device').done).toEqual([{ start: 0, count: 2 }]);
  });

  test('a sync after a failed one is not trusted: the kernel reports a lost write once', async () => {
    const rescue = open();
    await expect(rescue.sync(-1)).rejects.toThrow();
    expect(rescue.syncNow(-1)).toBe(false);
  });

  test('a sync that worked leaves the next one trusted', async () => {
    const path = join(folder.path, 'file');
    writeFileSync(path, 'x');
    const fd = openSync(path, 'r+');
    const rescue = open();
    await rescue.sync(fd);
    expect(rescue.syncNow(fd)).toBe(true);
    closeSync(fd);
  });
});

describe('open', () => {
  test('refuses a file that is not a mapfile', () => {
    expect(() => continued(['what'])).toThrow(/while trying to read .*map$/);
  });

  test('refuses a mapfile on another file system than the image, which is renamed at the end', () => {
    const other = ['/dev/shm', '/proc', '/sys'].find(
      (path) => statSync(path, { throwIfNoEntry: false })?.dev !== statSync(folder.path).dev,
    );
    const image = join(folder.path, 'img');
    expect(() => Rescue.open(`${other}/map`, { retries: 0, image })).toThrow(/must be on the file system of/);
    expect(() => Rescue.open(`${other}/map`, { retries: 0, image: '-' })).not.toThrow();
  });
});
