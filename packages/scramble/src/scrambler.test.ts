import { openFilesystem } from '@e2image/ext-core';
import { dirEntryLayout, inodeLayout, SCRAMBLED_MARK, superblockLayout } from '@e2image/ext-core/structures';
import { TINY, TinyFilesystem } from '@e2image/ext-core/testing';
import { selectBlocks } from '@e2image/ext-core/walk';
import fc from 'fast-check';
import { createScrambler, type ScrambleOptions } from './scrambler.ts';

const KEY = new TextEncoder().encode('0123456789abcdef');
const OPTIONS: ScrambleOptions = { key: KEY, index: 'fresh' };
const ROOT_BLOCK = 40;

/** Records that fill a block: names and record lengths; the last one takes the rest. */
function records(view: DataView, block: number, names: readonly string[], room = 0): void {
  let at = block * TINY.blockSize;
  const end = at + TINY.blockSize;
  names.forEach((name, i) => {
    const isLast = i === names.length - 1;
    const length = isLast ? end - at : 8 + 4 * Math.ceil(name.length / 4) + room;
    dirEntryLayout.inode.set(view, at, name.startsWith('deleted') ? 0 : 12 + i);
    dirEntryLayout.rec_len.set(view, at, length);
    dirEntryLayout.name_len.set(view, at, name.length);
    dirEntryLayout.file_type.set(view, at, 1);
    new Uint8Array(view.buffer).set(new TextEncoder().encode(name), at + 8);
    at += length;
  });
}

/** Inode, record length and name of each record of a block. */
function read(bytes: Uint8Array): { readonly inode: number; readonly length: number; readonly name: string }[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const found = [];
  for (let at = 0; at < bytes.length; ) {
    const length = dirEntryLayout.rec_len.get(view, at);
    const size = dirEntryLayout.name_len.get(view, at);
    const name = new TextDecoder('latin1').decode(bytes.subarray(at + 8, at + 8 + size));
    found.push({ inode: dirEntryLayout.inode.get(view, at), length, name });
    at += length;
  }
  return found;
}

function tiny(names: readonly string[], room = 0): TinyFilesystem {
  const disk = new TinyFilesystem();
  disk.extents(2, 'directory', 0, [[0, 1, ROOT_BLOCK]]);
  records(disk.view, ROOT_BLOCK, ['.', '..', ...names], room);
  return disk;
}

/** The block of the root, scrambled. */
function scrambledRoot(disk: TinyFilesystem, options: Partial<ScrambleOptions> = {}): Uint8Array {
  const scrambler = createScrambler(openFilesystem(disk), { ...OPTIONS, ...options });
  const bytes = disk.bytes.slice(ROOT_BLOCK * TINY.blockSize, (ROOT_BLOCK + 1) * TINY.blockSize);
  scrambler.transform(bytes, ROOT_BLOCK * TINY.blockSize);
  return bytes;
}

describe('a scrambled directory', () => {
  const word = fc.stringMatching(/^[a-z]{1,12}$/);

  test('keeps inodes, record lengths and name lengths, and has as many different names', () => {
    fc.assert(
      fc.property(fc.uniqueArray(word, { minLength: 1, maxLength: 25 }), (names) => {
        const disk = tiny(names);
        const before = read(disk.bytes.slice(ROOT_BLOCK * TINY.blockSize, (ROOT_BLOCK + 1) * TINY.blockSize));
        const after = read(scrambledRoot(disk));
        expect(after.map(({ inode, length }) => [inode, length])).toEqual(
          before.map(({ inode, length }) => [inode, length]),
        );
        expect(new Set(after.map(({ name }) => name)).size).toBe(before.length);
        after.forEach(({ name }, i) => {
          const old = before[i]?.name.length ?? 0;
          expect(name.length === old || (old < 4 && name.length === 4)).toBe(true);
        });
      }),
      { numRuns: 50 },
    );
  });

  test('has as many names when they are so short that chance would make two the same', () => {
    const names = [...'abcdefghijklmnopqrst', 'aa', 'bb', 'cc'];
    const after = read(scrambledRoot(tiny(names))).map(({ name }) => name);
    expect(new Set(after).size).toBe(names.length + 2);
    for (const name of names) expect(after).not.toContain(name);
  });

  test('is the same each time it is asked for, with names that must be chosen, too', () => {
    const disk = tiny(['a', 'b', 'cc', 'four', 'a-long-one']);
    const scrambler = createScrambler(openFilesystem(disk), OPTIONS);
    const [first, second] = [0, 1].map(() => {
      const bytes = disk.bytes.slice(ROOT_BLOCK * TINY.blockSize, (ROOT_BLOCK + 1) * TINY.blockSize);
      scrambler.transform(bytes, ROOT_BLOCK * TINY.blockSize);
      return bytes;
    });
    expect(second).toEqual(first);
  });

  test('is the same for the same key, and another for another', () => {
    const disk = tiny(['alpha', 'beta', 'c']);
    expect(scrambledRoot(disk)).toEqual(scrambledRoot(disk));
    expect(scrambledRoot(disk, { key: KEY.map((byte) => byte + 1) })).not.toEqual(scrambledRoot(disk));
    const longer = Uint8Array.from([...KEY, 1]);
    expect(scrambledRoot(disk, { key: longer })).not.toEqual(scrambledRoot(disk));
  });

  test('keeps `.`, `..` and the lost+found of the root, and nothing after or between names', () => {
    const disk = tiny(['lost+found', 'deleted-secret', 'other'], 8);
    // What a longer name left in the slack of the third record.
    disk.bytes.fill(0x73, ROOT_BLOCK * TINY.blockSize + 24 + 20 + 14, ROOT_BLOCK * TINY.blockSize + 24 + 20 + 20);
    const bytes = scrambledRoot(disk);
    const names = read(bytes).map(({ name }) => name);
    expect(names.slice(0, 3)).toEqual(['.', '..', 'lost+found']);
    const text = new TextDecoder('latin1').decode(bytes);
    for (const secret of ['deleted', 'secret', 'other', 'sss']) expect(text).not.toContain(secret);
  });

  test('of any bytes holds no piece of them that is longer than an inode number', () => {
    const block = fc.uint8Array({ minLength: TINY.blockSize, maxLength: TINY.blockSize, min: 0x61, max: 0x7a });
    fc.assert(
      fc.property(block, (bytes) => {
        const disk = tiny(['x']);
        disk.bytes.set(bytes, ROOT_BLOCK * TINY.blockSize);
        const before = new TextDecoder('latin1').decode(bytes);
        const after = new TextDecoder('latin1').decode(scrambledRoot(disk));
        for (let at = 0; at + 8 <= before.length; at += 4) expect(after).not.toContain(before.slice(at, at + 8));
      }),
      { numRuns: 20 },
    );
  });
});

test.each(['compat', 'complete'] as const)('selects what a walk would: %s', (selection) => {
  const disk = tiny(['one']);
  // Deleted while it was open: C does not save it.
  inodeLayout.i_links_count.set(disk.view, disk.extents(12, 'directory', 0, [[0, 1, 44]]), 0);
  const fs = openFilesystem(disk);
  const { selected } = createScrambler(fs, { ...OPTIONS, select: { selection } });
  expect([...selected.runs()]).toEqual([...selectBlocks(fs, { selection, allData: false }).runs()]);
  expect(selected.has(44)).toBe(selection === 'complete');
});

test('problems of the walk are reported once, and blocks that it did not select become zeros', () => {
  const disk = tiny(['one']);
  disk.extents(12, 'directory', 0, [[0, 1, 44]]);
  inodeLayout.i_links_count.set(disk.view, disk.inodeBase(12), 0);
  records(disk.view, 44, ['.', '..', 'secret']);
  disk.extents(13, 'directory', 33, []);
  const problems: string[] = [];
  const select = { selection: 'compat', onProblem: ({ code }: { code: string }) => problems.push(code) } as const;
  const scrambler = createScrambler(openFilesystem(disk), { ...OPTIONS, select });
  expect(problems).toEqual(['bad-extent-root']);
  const bytes = disk.bytes.slice(44 * TINY.blockSize, 45 * TINY.blockSize);
  scrambler.transform(bytes, 44 * TINY.blockSize);
  expect(bytes.every((byte) => byte === 0)).toBe(true);
});

test('any bytes in any block of the selection are scrambled without a throw', () => {
  const blocks = fc.array(fc.tuple(fc.integer({ min: 7, max: 60 }), fc.uint8Array({ minLength: 64, maxLength: 64 })));
  fc.assert(
    fc.property(blocks, (changes) => {
      const disk = tiny(['one', 'two']);
      disk.mapped(11, 'symlink', { 0: 41 });
      inodeLayout.i_file_acl_lo.set(disk.view, disk.mapped(12, 'regular', {}), 42);
      disk.extents(13, 'directory', 1, [[0, 0, 43]]);
      for (const [block, bytes] of changes) disk.bytes.set(bytes, block * TINY.blockSize);
      const fs = openFilesystem(disk);
      for (const index of ['fresh', 'keep'] as const) {
        createScrambler(fs, { ...OPTIONS, index }).transform(disk.bytes.slice(1024), 1024);
      }
    }),
    { numRuns: 200 },
  );
});

describe('a scrambled file system', () => {
  test('says so in the superblock, which has a new hash seed and no texts', () => {
    const disk = tiny(['x']);
    superblockLayout.s_volume_name.get(disk.view, 1024).fill(0x41);
    superblockLayout.s_mount_opts.get(disk.view, 1024).fill(0x42);
    superblockLayout.s_hash_seed.get(disk.view, 1024).fill(0x43);
    const scrambler = createScrambler(openFilesystem(disk), OPTIONS);
    const bytes = disk.bytes.slice(1024, 2048);
    scrambler.transform(bytes, 1024);
    const view = new DataView(bytes.buffer);
    const mark = new TextDecoder().decode(superblockLayout.s_last_mounted.get(view, 0));
    expect(mark.replaceAll('\0', '')).toBe(SCRAMBLED_MARK);
    expect([0x41, 0x42, 0x43].some((byte) => bytes.includes(byte, 0x78))).toBe(false);
    expect(scrambler.report().superblocks).toBe(1);
  });

  test('keeps its hash seed with the boundaries', () => {
    const disk = tiny(['x']);
    superblockLayout.s_hash_seed.get(disk.view, 1024).fill(0x43);
    const bytes = disk.bytes.slice(1024, 2048);
    createScrambler(openFilesystem(disk), { ...OPTIONS, index: 'keep' }).transform(bytes, 1024);
    expect([...superblockLayout.s_hash_seed.get(new DataView(bytes.buffer), 0)]).toEqual(new Array(16).fill(0x43));
  });

  test('has zeros where nothing is known to be, unless contents were wanted and it is some', () => {
    const disk = tiny(['x']);
    disk.extents(12, 'regular', 0, [[0, 1, 50]]);
    disk.bytes.fill(0x41, 50 * 1024, 52 * 1024);
    const transformed = (allData: boolean): number[] => {
      const bytes = disk.bytes.slice(50 * 1024, 52 * 1024);
      createScrambler(openFilesystem(disk), { ...OPTIONS, allData }).transform(bytes, 50 * 1024);
      return [bytes[0] ?? 0, bytes[1024] ?? 0];
    };
    expect(transformed(false)).toEqual([0, 0]);
    expect(transformed(true)).toEqual([0x41, 0]);
  });

  test('loses what free inodes and short links held', () => {
    const disk = tiny(['x']);
    const link = disk.mapped(12, 'symlink', {});
    inodeLayout.i_blocks_lo.set(disk.view, link, 0);
    inodeLayout.i_size_lo.set(disk.view, link, 6);
    disk.bytes.set(new TextEncoder().encode('target\0leftover'), link + 0x28);
    const free = disk.mapped(13, 'symlink', {});
    inodeLayout.i_links_count.set(disk.view, free, 0);
    disk.bytes.set(new TextEncoder().encode('forgotten'), free + 0x28);
    const table = Math.floor(link / 1024) * 1024;
    const bytes = disk.bytes.slice(table, table + 1024);
    const scrambler = createScrambler(openFilesystem(disk), OPTIONS);
    scrambler.transform(bytes, table);
    const text = new TextDecoder('latin1').decode(bytes);
    for (const secret of ['target', 'leftover', 'forgotten']) expect(text).not.toContain(secret);
    expect(text.slice(link - table + 0x28, link - table + 0x2f)).toMatch(/^[\w-]{6}\0$/);
    expect(scrambler.report()).toMatchObject({ linkTargets: 1, freeInodes: 1 });
  });

  test('reads through a source in pieces of any size', () => {
    const disk = tiny(['alpha', 'beta']);
    const scrambler = createScrambler(openFilesystem(disk), OPTIONS);
    const source = scrambler.source(disk);
    const whole = new Uint8Array(2048);
    source.readAt(whole, ROOT_BLOCK * 1024);
    fc.assert(
      fc.property(fc.nat(2047), fc.nat(2047), (a, b) => {
        const [from, to] = a < b ? [a, b] : [b, a];
        const part = new Uint8Array(to - from);
        source.readAt(part, ROOT_BLOCK * 1024 + from);
        expect(part).toEqual(whole.subarray(from, to));
      }),
    );
  });
});

test('a key of less than 16 bytes is refused', () => {
  const fs = openFilesystem(tiny(['x']));
  expect(() => createScrambler(fs, { ...OPTIONS, key: new Uint8Array(15) })).toThrow(
    expect.objectContaining({ code: 'SCRAMBLE_KEY' }),
  );
});

test("an inode that is somebody else's text loses it, and stays an inode in use of no type", () => {
  const disk = tiny(['x']);
  const base = disk.inodeBase(12);
  const words = new TextEncoder()
    .encode('\x01\x01words that nobody was to see in an inode '.repeat(4))
    .subarray(0, TINY.inodeSize);
  disk.bytes.set(words, base);
  const table = Math.floor(base / 1024) * 1024;
  const bytes = disk.bytes.slice(table, table + 1024);
  createScrambler(openFilesystem(disk), OPTIONS).transform(bytes, table);
  const before = new TextDecoder('latin1').decode(words);
  const after = new TextDecoder('latin1').decode(bytes);
  for (let at = 0; at + 8 <= before.length; at++) expect(after).not.toContain(before.slice(at, at + 8));
  const view = new DataView(bytes.buffer);
  expect(inodeLayout.i_mode.get(view, base - table)).toBe(0x0101);
  expect(inodeLayout.i_links_count.get(view, base - table)).toBe(inodeLayout.i_links_count.get(disk.view, base));
});

test.each([
  ['16 bytes', KEY, ['I453xpBbQ', 'E', '4hZn6bBYr5DYIQWlQi', 'dddf9081a2f1ce5a', '2cfa8d8a8b3ff2f4c53b4b1a407ae97c']],
  [
    'more bytes, of which all count',
    new TextEncoder().encode('0123456789abcdef and 16 bytes and a rest'),
    ['YIxcoM2ps', 'Z', 'J7vxQNtQ6ntl7CPdVW', '26b825161740f97c', 'a383d4d6b1e7307ce28d96641b60ef01'],
  ],
])('the same key gives the same image in every version: %s', (_name, key, expected) => {
  const disk = tiny(['some-name', 'x', 'another-name-of-it']);
  const base = disk.inodeBase(12);
  disk.bytes.fill(0x73, base + 2, base + 128);
  const scrambler = createScrambler(openFilesystem(disk), { ...OPTIONS, key });
  const table = Math.floor(base / 1024) * 1024;
  const inodes = disk.bytes.slice(table, table + 1024);
  scrambler.transform(inodes, table);
  const superblock = disk.bytes.slice(1024, 2048);
  scrambler.transform(superblock, 1024);
  const hex = (bytes: Uint8Array): string => [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  expect([
    ...read(scrambledRoot(disk, { key })).map(({ name }) => name),
    // User and times of a garbage inode; hash seed.
    hex(inodes.subarray(base - table + 8, base - table + 16)),
    hex(superblockLayout.s_hash_seed.get(new DataView(superblock.buffer), 0)),
  ]).toEqual(['.', '..', ...expected]);
});
