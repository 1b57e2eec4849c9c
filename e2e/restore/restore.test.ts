import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { copyOf, FIXTURE_NEEDS, fixture } from '../support/fixtures.ts';
import { killedRestore, killScene } from '../support/killed-restore.ts';
import { LoopDevice, Mount } from '../support/loop.ts';
import {
  cE2image,
  debugfs,
  describeNeeds,
  e2fsck,
  type Outcome,
  ours,
  ROOT,
  run,
  testNeeds,
  tool,
} from '../support/oracle.ts';
import { bytesOf, junk, nonZeroBlocks, type Places, placesOf } from '../support/wipe.ts';

let folder = '';
beforeAll(() => {
  mkdirSync(join(ROOT, 'dist'), { recursive: true });
  folder = mkdtempSync(join(ROOT, 'dist/e2e-restore-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const restore = (args: readonly string[], options: { input?: Uint8Array } = {}): Outcome =>
  ours(args, { tool: 'e2image-restore', ...options });
const same = (a: string, b: string): boolean => run('cmp', ['-s', a, b]).status === 0;

/** A fixture, an image of it by the C program, and a copy of it to spoil. */
function scene(
  name: string,
  format: 'normal' | 'raw' | 'QCOW2' = 'normal',
): { source: string; image: string; device: string } {
  const source = fixture(name);
  const image = join(folder, `${name}.${format}`);
  rmSync(image, { force: true });
  const letter = { normal: [], raw: ['-r'], QCOW2: ['-Q'] }[format];
  expect(cE2image([...letter, source, image]).status).toBe(0);
  return { source, image, device: copyOf(source, join(folder, 'device')) };
}

const KINDS: readonly (keyof Omit<Places, 'blockSize' | 'allTables'>)[] = [
  'superblock',
  'descriptors',
  'bitmaps',
  'inodeTables',
];

describeNeeds([...FIXTURE_NEEDS, 'e2image', 'dumpe2fs'], 'e2image-restore', () => {
  // A few in `npm test`, more of them in the long tests.
  const NAMES = ['ext4-4k', 'ext2-1k', 'bigalloc-16k', 'no-flex-bg'];
  if (process.env['E2E_ALL'] === '1')
    NAMES.push('ext4-1k', 'ext4-64k', 'ext3-4k', '32bit', 'meta-bg', 'inodes-of-1024');

  describe.each(NAMES)('a normal image of %s', (name) => {
    // Each kind of block alone on one file system, all of them together on the others.
    test.each(
      (name === 'ext4-4k' ? [...KINDS.map((kind) => [kind]), [...KINDS]] : [[...KINDS]]).map((kinds) => ({ kinds })),
    )('brings back $kinds', ({ kinds }) => {
      const { source, image, device } = scene(name);
      const places = placesOf(source);
      for (const kind of kinds) {
        expect(places[kind as (typeof KINDS)[number]].length).toBeGreaterThan(0);
        junk(device, places[kind as (typeof KINDS)[number]], places.blockSize);
      }
      expect(e2fsck(device).text).not.toBe(e2fsck(source).text);
      const outcome = restore(['--verify', image, device]);
      expect(outcome).toMatchObject({ status: 0 });
      expect(outcome.stderr).toContain('verified');
      expect(e2fsck(device)).toEqual(e2fsck(source));
      expect(tool('dumpe2fs', [device]).stdout).toEqual(tool('dumpe2fs', [source]).stdout);
      expect(debugfs(['-R', 'cat folder/deep/text', device]).stdout).toEqual(
        debugfs(['-R', 'cat folder/deep/text', source]).stdout,
      );
    });

    test('is the same after C -I, and then there is nothing left to do', () => {
      const { source, image, device } = scene(name);
      const places = placesOf(source);
      for (const kind of KINDS) junk(device, places[kind], places.blockSize);
      const byC = copyOf(device, join(folder, 'by-c'));
      expect(cE2image(['-I', byC, image]).status).toBe(0);
      expect(restore([image, device]).status).toBe(0);
      expect(e2fsck(device)).toEqual(e2fsck(byC));
      const again = restore(['-n', image, device]);
      expect(again).toMatchObject({ status: 0 });
      expect(again.stderr).toMatch(/none of \d+ blocks differs/);
    });
  });

  describe.each(['ext4-1k', 'ext3-4k', 'quota', 'xattr-blocks', 'htree-1-level'])('a raw image of %s', (name) => {
    test('brings back all metadata to the byte', () => {
      const { source, image, device } = scene(name, 'raw');
      const { blockSize } = placesOf(source);
      junk(device, nonZeroBlocks(image, statSync(source).size, blockSize), blockSize);
      expect(restore(['--verify', image, device])).toMatchObject({ status: 0 });
      expect(same(device, source)).toBe(true);
    });
  });

  test('backups come back from an image that has them', () => {
    const source = fixture('no-flex-bg');
    const image = join(folder, 'complete');
    rmSync(image, { force: true });
    expect(ours(['-r', '--complete', source, image])).toMatchObject({ status: 0 });
    const device = copyOf(source, join(folder, 'device'));
    junk(device, nonZeroBlocks(image, statSync(source).size, 1024), 1024);
    expect(restore([image, device])).toMatchObject({ status: 0 });
    expect(same(device, source)).toBe(true);
  });

  test.each(['normal', 'raw'] as const)('tables that count as zeroed are zeros again, after a %s image', (format) => {
    const source = join(folder, 'zeroed');
    rmSync(source, { force: true });
    const made = tool('mke2fs', ['-q', '-F', '-t', 'ext4', '-b', '1024', '-E', 'lazy_itable_init=0', source, '24M']);
    expect(made).toMatchObject({ status: 0 });
    const image = join(folder, 'zeroed.image');
    rmSync(image, { force: true });
    expect(cE2image([...(format === 'raw' ? ['-r'] : []), source, image]).status).toBe(0);
    const device = copyOf(source, join(folder, 'device'));
    const { allTables, blockSize } = placesOf(source);
    junk(device, allTables, blockSize);
    expect(restore([image, device])).toMatchObject({ status: 0 });
    expect(same(device, source)).toBe(true);
  });

  test('a bitmap whose checksum was wrong has a right one, as after C -I', () => {
    const source = copyOf(fixture('ext4-1k'), join(folder, 'bad-checksum'));
    debugfs(['-w', '-f', '-', source], { input: 'set_bg 0 block_bitmap_csum 1\nset_bg 0 checksum calc\n' });
    expect(e2fsck(source).status).not.toBe(0);
    const image = join(folder, 'bad-checksum.image');
    rmSync(image, { force: true });
    expect(cE2image([source, image]).status).toBe(0);
    const mine = copyOf(source, join(folder, 'mine'));
    const theirs = copyOf(source, join(folder, 'theirs'));
    expect(restore([image, mine])).toMatchObject({ status: 0 });
    expect(cE2image(['-I', theirs, image])).toMatchObject({ status: 0 });
    expect(e2fsck(mine)).toEqual(e2fsck(theirs));
  });

  test('what an older file left between the blocks of an image does not reach the device', () => {
    const source = fixture('no-flex-bg');
    const image = join(folder, 'over-older');
    const { blockSize } = placesOf(source);
    junk(copyOf(source, image), [{ start: 0, count: statSync(source).size / blockSize }], blockSize, 7);
    // D-1: the C program writes its blocks into the file and leaves all others as they are.
    expect(cE2image(['-r', source, image])).toMatchObject({ status: 0 });
    const device = copyOf(source, join(folder, 'device'));
    expect(restore([image, device])).toMatchObject({ status: 0 });
    expect(same(device, source)).toBe(true);
  });

  test.each(['ext4-1k', 'ext4-4k'])('a QCOW2 image of %s brings back all metadata to the byte', (name) => {
    const { source, image, device } = scene(name, 'QCOW2');
    const raw = join(folder, 'raw');
    rmSync(raw, { force: true });
    expect(cE2image(['-r', image, raw]).status).toBe(0);
    const { blockSize } = placesOf(source);
    junk(device, nonZeroBlocks(raw, statSync(source).size, blockSize), blockSize);
    expect(restore(['--verify', image, device])).toMatchObject({ status: 0 });
    expect(same(device, source)).toBe(true);
  });

  test('contents of files, the boot sector and what is not in use stay as they are, even from an image of everything', () => {
    const source = fixture('ext4-4k');
    const image = join(folder, 'everything');
    expect(cE2image(['-ra', source, image]).status).toBe(0);
    const device = copyOf(source, join(folder, 'device'));
    const text = new TextDecoder().decode(debugfs(['-R', 'blocks folder/deep/text', source]).stdout);
    const data = text
      .trim()
      .split(/\s+/)
      .map((block) => ({ start: Number(block), count: 1 }));
    junk(device, data, 4096);
    run('sh', ['-c', `printf boot | dd of=${device} conv=notrunc status=none`]);
    const before = bytesOf(device, [{ start: 0, count: 1 }, ...data], 4096);
    junk(device, placesOf(source).inodeTables, 4096);
    expect(restore([image, device])).toMatchObject({ status: 0 });
    expect(bytesOf(device, [{ start: 0, count: 1 }, ...data], 4096)).toEqual(before);
    expect(e2fsck(device)).toEqual(e2fsck(source));
  });

  test('an image comes from standard input too', () => {
    const { source, image, device } = scene('ext4-1k');
    junk(device, placesOf(source).inodeTables, 1024);
    const outcome = restore(['-', device], { input: readFileSync(image) });
    expect(outcome).toMatchObject({ status: 0 });
    expect(e2fsck(device)).toEqual(e2fsck(source));
  });

  test('a dry run lists the blocks, and writes nothing', () => {
    const { source, image, device } = scene('ext4-1k');
    junk(device, placesOf(source).inodeTables.slice(0, 1), 1024);
    const wiped = copyOf(device, join(folder, 'wiped'));
    const { mtimeMs } = statSync(device);
    const undo = join(folder, 'never.undo');
    const outcome = restore(['-n', '-z', undo, image, device]);
    expect(outcome.status).toBe(0);
    expect(new TextDecoder().decode(outcome.stdout)).toMatch(/^blocks \d+ to \d+: inode table$/m);
    expect(statSync(device).mtimeMs).toBe(mtimeMs);
    expect(same(device, wiped)).toBe(true);
    expect(statSync(undo, { throwIfNoEntry: false })).toBeUndefined();
  });

  describe('refuses, and writes nothing', () => {
    /** Run it on a spoiled device: refused, unchanged, and done all the same with `option`. */
    function expectRefused(
      image: string,
      device: string,
      message: RegExp,
      options: readonly string[] = ['--force'],
    ): void {
      const before = copyOf(device, join(folder, 'before'));
      const outcome = restore([image, device]);
      expect(outcome).toMatchObject({ status: 1 });
      expect(outcome.stderr).toMatch(message);
      expect(same(device, before)).toBe(true);
      for (const option of options) {
        copyOf(before, device);
        expect(restore([option, image, device])).toMatchObject({ status: 0 });
      }
    }

    test('a device with another UUID', () => {
      const { image, device } = scene('ext4-1k');
      tool('tune2fs', ['-f', '-U', '00000000-1111-2222-3333-444444444444', device]);
      expectRefused(image, device, /superblock of the device has UUID 00000000-1111-2222-3333-444444444444/);
    });

    test('a device whose backups have another UUID', () => {
      const { source, image, device } = scene('ext4-1k');
      tool('tune2fs', ['-f', '-U', '00000000-1111-2222-3333-444444444444', device]);
      junk(device, placesOf(source).superblock, 1024);
      expectRefused(image, device, /backup superblock at byte 8389632 of the device has UUID 00000000-1111/);
    });

    test('a device of another size', () => {
      const { image, device } = scene('ext4-1k');
      tool('resize2fs', ['-f', device, '20000']);
      run('truncate', ['-s', '24M', device]);
      expectRefused(image, device, /has 20000 blocks of 1024 bytes/);
    });

    test('a file that is too short', () => {
      const { image, device } = scene('ext4-1k');
      writeFileSync(device, '');
      expectRefused(image, device, /has 0 bytes, 25165824 are needed; --force makes/);
      expect(statSync(device).size).toBe(25165824);
    });

    test('a scrambled image', () => {
      const { source, image, device } = scene('ext4-1k', 'raw');
      debugfs(['-w', '-R', 'ssv last_mounted "scrambled by e2image"', image]);
      junk(device, placesOf(source).inodeTables, 1024);
      expectRefused(image, device, /the image is scrambled/);
    });

    test.each([['-s'], ['-rs'], ['-Qs']])('an image that ours scrambled with %s', (letters) => {
      const source = fixture('ext4-1k');
      const image = join(folder, 'scrambled');
      rmSync(image, { force: true });
      expect(ours([letters, source, image])).toMatchObject({ status: 0 });
      const device = copyOf(source, join(folder, 'device'));
      junk(device, placesOf(source).inodeTables, 1024);
      expectRefused(image, device, /the image is scrambled/);
    });

    const mmpBlockOf = (device: string): number => {
      const text = new TextDecoder('latin1').decode(tool('dumpe2fs', ['-h', device]).stdout);
      return Number(/^MMP block number:\s+(\d+)$/m.exec(text)?.[1]);
    };

    test('a device whose MMP block is damaged: it does not say that no host uses it', () => {
      const { source, image, device } = scene('mmp');
      const block = mmpBlockOf(device);
      run('sh', ['-c', `printf XXXX | dd of=${device} bs=1 seek=$((${block} * 4096)) conv=notrunc status=none`]);
      junk(device, placesOf(source).inodeTables, 4096);
      expectRefused(image, device, new RegExp(`MMP block ${block} of the device is damaged .magic number 0x58585858`));
    });

    test('a device whose MMP block would be outside the file system', () => {
      const { image, device } = scene('mmp');
      debugfs(['-w', '-R', 'ssv mmp_block 999999', device]);
      expectRefused(image, device, /MMP block 999999 of the device is damaged \(outside the file system\)/);
    });

    test('a device that MMP says is in use', () => {
      const { source, image, device } = scene('mmp');
      const block = mmpBlockOf(device);
      // The sequence number is the second word. debugfs would set it back when it ends.
      run('sh', [
        '-c',
        `printf '\\021\\0\\0\\0' | dd of=${device} bs=1 seek=$((${block} * 4096 + 4)) conv=notrunc status=none`,
      ]);
      junk(device, placesOf(source).inodeTables, 4096);
      expectRefused(image, device, /multiple mount protection says/, []);
      expect(restore(['--force', image, device])).toMatchObject({ status: 1 });
      // Without a superblock tune2fs could not clear the mark.
      const places = placesOf(source);
      junk(device, places.superblock, places.blockSize);
      expectRefused(image, device, /multiple mount protection says/);
    });

    test.each(['normal', 'raw'] as const)('a %s image whose journal was not replayed', (format) => {
      const source = fixture('ext3-4k');
      const dirty = copyOf(source, join(folder, 'dirty'));
      dirtyJournal(dirty);
      const image = join(folder, 'dirty.image');
      expect(cE2image([...(format === 'raw' ? ['-r'] : []), dirty, image]).status).toBe(0);
      const device = copyOf(source, join(folder, 'device'));
      junk(device, placesOf(source).inodeTables, 4096);
      expectRefused(image, device, /journal had not been replayed \(needs_recovery\)/, ['--force', '--drop-journal']);
      expect(e2fsck(device).status).toBe(0);
    });

    test.each(['normal', 'raw'] as const)('a device whose journal was not replayed, for a %s image', (format) => {
      const { source, image, device } = scene('ext3-4k', format);
      dirtyJournal(device);
      junk(device, placesOf(source).inodeTables, 4096);
      const places = placesOf(device);
      junk(device, places.superblock, places.blockSize);
      expectRefused(image, device, /journal on the device holds changes/, ['--force', '--drop-journal']);
      expect(e2fsck(device).status).toBe(0);
    });

    test('a file that is not an image', () => {
      const { source, device } = scene('ext4-1k');
      writeFileSync(join(folder, 'none'), new Uint8Array(9000));
      const outcome = restore([join(folder, 'none'), device]);
      expect(outcome).toMatchObject({ status: 1 });
      expect(outcome.stderr).toContain('neither a normal nor a raw nor a QCOW2 image');
      expect(same(device, source)).toBe(true);
    });

    test('an image that is the device', () => {
      const { device } = scene('ext4-1k');
      expect(restore([device, device]).stderr).toContain('are the same file; nothing was written');
    });
  });

  test('blocks that the image never had are left alone, listed, and make the status 3', () => {
    const { source, image, device } = scene('ext4-1k', 'raw');
    const [table] = placesOf(source).inodeTables;
    if (table === undefined) throw new Error('no inode table');
    // What could not be read is zeros in the image; on the device it is good.
    const lost = { start: table.start + 1, count: 3 };
    run('dd', [
      'if=/dev/zero',
      `of=${image}`,
      'bs=1024',
      `seek=${lost.start}`,
      'count=3',
      'conv=notrunc',
      'status=none',
    ]);
    const [from, to] = [lost.start * 1024, (lost.start + 3) * 1024];
    writeFileSync(`${image}.mapfile`, `# Mapfile\n0x0 + 1\n0x0 ${from} +\n${from} 3072 -\n${to} ${25165824 - to} +\n`);
    junk(device, [{ start: table.start + 4, count: 2 }], 1024);
    const outcome = restore([image, device]);
    expect(outcome).toMatchObject({ status: 3 });
    expect(outcome.stderr).toContain(`left alone: blocks ${lost.start} to ${lost.start + 2}, inode table`);
    expect(same(device, source)).toBe(true);
    rmSync(`${image}.mapfile`);
  });

  test.each([
    ['normal', []],
    ['raw', ['-r']],
    ['QCOW2', ['-Q']],
  ])('what ours could not read for a %s image is left alone on the device', (_format, letters) => {
    const source = fixture('no-flex-bg');
    const short = copyOf(source, join(folder, 'short'));
    const cut = 21000;
    run('truncate', ['-s', `${cut * 1024}`, short]);
    const image = join(folder, 'of-short');
    for (const path of [image, `${image}.mapfile`]) rmSync(path, { force: true });
    expect(ours([...letters, short, image])).toMatchObject({ status: 3 });
    const device = copyOf(source, join(folder, 'device'));
    const { inodeTables, blockSize } = placesOf(source);
    junk(
      device,
      inodeTables.filter(({ start, count }) => start + count <= cut).map((table) => ({ ...table, count: 1 })),
      blockSize,
    );
    const outcome = restore([image, device]);
    expect(outcome).toMatchObject({ status: 3 });
    expect(outcome.stderr).toContain('left alone: block');
    expect(same(device, source)).toBe(true);
  });

  testNeeds(['e2undo'], 'e2undo brings back the exact bytes', () => {
    for (const name of ['ext4-1k', 'ext4-4k', 'ext4-64k']) {
      const { source, image, device } = scene(name);
      const places = placesOf(source);
      for (const kind of KINDS) junk(device, places[kind], places.blockSize);
      const wiped = copyOf(device, join(folder, 'wiped'));
      const undo = join(folder, `${name}.undo`);
      const outcome = restore(['-z', undo, image, device]);
      expect(outcome).toMatchObject({ status: 0 });
      expect(outcome.stderr).toContain(`to undo: e2undo ${undo} ${device}`);
      expect(e2fsck(device)).toEqual(e2fsck(source));
      expect(tool('e2undo', [undo, device])).toMatchObject({ status: 0 });
      expect(same(device, wiped)).toBe(true);
    }
  });

  test('an existing undo file is never overwritten', () => {
    const { source, image, device } = scene('ext4-1k');
    junk(device, placesOf(source).inodeTables, 1024);
    const undo = join(folder, 'precious');
    writeFileSync(undo, 'not an undo file');
    const outcome = restore(['-z', undo, image, device]);
    expect(outcome).toMatchObject({ status: 1 });
    expect(outcome.stderr).toContain('the file exists and is not an undo file while saving the old content in');
    expect(readFileSync(undo, 'latin1')).toBe('not an undo file');
    expect(e2fsck(device).status).not.toBe(0);
  });

  testNeeds(['e2undo'], 'killed at any point, it can be undone, and run again', async () => {
    const inside = mkdtempSync(join(folder, 'killed-'));
    const scene = await killScene(inside);
    const reached = new Set<string>();
    for (let point = 0; point < 10; point++) {
      const moment = {
        phase: point < 3 ? 'saving' : 'writing',
        share: point < 3 ? point / 3 : (point - 3) / 8,
      } as const;
      const result = await killedRestore(scene, moment);
      expect(result).toMatchObject({ completed: true, undoneAfter: true });
      expect(result.undone).not.toBe(false);
      reached.add(result.reached);
    }
    expect([...reached]).toContain('in the writes');
    rmSync(inside, { recursive: true });
  });

  test('an undo file of another file system is not continued', () => {
    const first = scene('ext4-1k');
    junk(first.device, placesOf(first.source).inodeTables, 1024);
    const undo = join(folder, 'first.undo');
    expect(restore(['-z', undo, first.image, first.device])).toMatchObject({ status: 0 });
    const before = readFileSync(undo);
    const second = scene('ext2-1k');
    const outcome = restore(['-z', undo, second.image, second.device]);
    expect(outcome).toMatchObject({ status: 1 });
    expect(outcome.stderr).toContain('is about another file system');
    expect(readFileSync(undo)).toEqual(before);
  });

  describeNeeds(['root'], 'where the undo file does not fit', () => {
    test('nothing is written, and nothing is left of it', () => {
      const { source, image, device } = scene('ext4-4k');
      const places = placesOf(source);
      junk(device, places.inodeTables, places.blockSize);
      const wiped = copyOf(device, join(folder, 'wiped'));
      const small = mkdtempSync(join(folder, 'small-'));
      expect(run('mount', ['-t', 'tmpfs', '-o', 'size=16k', 'tmpfs', small])).toMatchObject({ status: 0 });
      try {
        const outcome = restore(['-z', join(small, 'undo'), image, device]);
        expect(outcome).toMatchObject({ status: 1 });
        expect(outcome.stderr).toContain('No space left on device');
        expect(readdirSync(small)).toEqual([]);
        expect(same(device, wiped)).toBe(true);
      } finally {
        run('umount', [small]);
      }
    });
  });

  test.each(['normal', 'raw', 'QCOW2'] as const)('it says first what a %s image is and how much differs', (format) => {
    const source = copyOf(fixture('ext4-1k'), join(folder, 'labelled'));
    tool('tune2fs', ['-L', 'precious', source]);
    const image = join(folder, 'labelled.image');
    rmSync(image, { force: true });
    expect(cE2image([...{ normal: [], raw: ['-r'], QCOW2: ['-Q'] }[format], source, image]).status).toBe(0);
    const device = copyOf(source, join(folder, 'device'));
    junk(
      device,
      placesOf(source)
        .inodeTables.slice(0, 1)
        .map((table) => ({ ...table, count: 1 })),
      1024,
    );
    const { stderr } = restore(['-n', image, device]);
    const lines = stderr.trimEnd().split('\n');
    const date = '\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d UTC';
    expect(lines[0]).toMatch(
      new RegExp(`: ${format} image .*${date}: ext4 file system, UUID 5ec7e755-.*, label "precious", 24576 blocks`),
    );
    expect(lines[1]).toMatch(/: 1 of \d+ blocks differ: 1 inode table$/);
  });

  test('what an image lost by damage is reported, and makes the status 3, with and without --dry-run', () => {
    const { source, image, device } = scene('ext4-1k', 'raw');
    // The place of an inode table (bytes 8 to 11 of its descriptor) that cannot be.
    writeFileSync(join(folder, 'place'), Uint8Array.of(0xff, 0xff, 0xff, 0x7f));
    run('dd', [`if=${join(folder, 'place')}`, `of=${image}`, 'bs=1', `seek=${2048 + 8}`, 'conv=notrunc']);
    const table = placesOf(source).inodeTables.slice(0, 1);
    for (const options of [['-n'], []]) {
      expect(restore([...options, image, device])).toMatchObject({
        status: 3,
        stderr: expect.stringContaining('the image is damaged: '),
      });
    }
    expect(bytesOf(device, table, 1024)).toEqual(bytesOf(source, table, 1024));
  });

  test('descriptors with wrong checksums are reported', () => {
    const { image, device } = scene('ext4-1k', 'raw');
    run('sh', ['-c', `printf x | dd of=${image} bs=1 seek=$((2048 + 28)) conv=notrunc status=none`]);
    expect(restore(['-n', image, device]).stderr).toContain(
      '1 of 3 group descriptors in the image have wrong checksums',
    );
  });

  test('a file system that has changed since is reported', () => {
    const { image, device } = scene('ext4-1k');
    debugfs(['-w', '-R', 'mkdir later', device]);
    const outcome = restore(['-n', image, device]);
    expect(outcome.stderr).toMatch(/the file system on the device was written at .* after the state in the image/);
    expect(outcome.status).toBe(0);
  });

  describeNeeds(['loop'], 'on a loop device', () => {
    test('restores and verifies', () => {
      const { source, image, device } = scene('ext4-4k');
      const places = placesOf(source);
      for (const kind of KINDS) junk(device, places[kind], places.blockSize);
      {
        using loop = LoopDevice.attach(device);
        expect(restore(['--verify', image, loop.path])).toMatchObject({ status: 0 });
        expect(e2fsck(loop.path)).toEqual(e2fsck(source));
      }
      expect(e2fsck(device)).toEqual(e2fsck(source));
    });

    test('refuses what is mounted, whatever is forced', () => {
      const { image, device } = scene('ext4-4k');
      using loop = LoopDevice.attach(device);
      using _ = Mount.on(loop.path, 'ro');
      for (const path of [loop.path, device]) {
        const outcome = restore(['--force', image, path]);
        expect(outcome).toMatchObject({ status: 1 });
        expect(outcome.stderr).toContain('is mounted on');
      }
    });

    test('refuses a read-only device', () => {
      const { source, image, device } = scene('ext4-4k');
      junk(device, placesOf(source).inodeTables, 4096);
      using loop = LoopDevice.attach(device, { readOnly: true });
      const outcome = restore(['--force', image, loop.path]);
      expect(outcome).toMatchObject({ status: 1 });
      expect(outcome.stderr).toMatch(/(Read-only file system|Permission denied|Operation not permitted) while/);
    });

    test('refuses a device that is too small', () => {
      const { image, device } = scene('ext4-4k');
      using loop = LoopDevice.attach(device, { length: 16 << 20 });
      const outcome = restore(['--force', image, loop.path]);
      expect(outcome).toMatchObject({ status: 1 });
      expect(outcome.stderr).toContain('has 16777216 bytes');
    });
  });
});

/** Put a transaction into the journal that nobody replays. */
function dirtyJournal(image: string): void {
  const outcome = debugfs(['-w', '-f', '-', image], { input: 'jo\njw -b 1000 /dev/zero\njc\n' });
  expect(outcome.stderr.split('\n').slice(1).join('')).toBe('');
}
