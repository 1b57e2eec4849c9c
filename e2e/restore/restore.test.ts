import { readFileSync, rmSync, statSync } from 'node:fs';
import { copyOf, fixture } from '../support/fixtures.ts';
import { cE2image, debugfs, describeNeeds, e2fsck, ours, run, tool } from '../support/oracle.ts';
import { file, KINDS, RESTORE_NEEDS, restore, same, scene } from '../support/restore-scene.ts';
import { bytesOf, junk, nonZeroBlocks, placesOf } from '../support/wipe.ts';

describeNeeds(RESTORE_NEEDS, 'e2image-restore', () => {
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
      const byC = copyOf(device, file('by-c'));
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
    const image = file('complete');
    rmSync(image, { force: true });
    expect(ours(['-r', '--complete', source, image])).toMatchObject({ status: 0 });
    const device = copyOf(source, file('device'));
    junk(device, nonZeroBlocks(image, statSync(source).size, 1024), 1024);
    expect(restore([image, device])).toMatchObject({ status: 0 });
    expect(same(device, source)).toBe(true);
  });

  test.each(['normal', 'raw'] as const)('tables that count as zeroed are zeros again, after a %s image', (format) => {
    const source = file('zeroed');
    rmSync(source, { force: true });
    const made = tool('mke2fs', ['-q', '-F', '-t', 'ext4', '-b', '1024', '-E', 'lazy_itable_init=0', source, '24M']);
    expect(made).toMatchObject({ status: 0 });
    const image = file('zeroed.image');
    rmSync(image, { force: true });
    expect(cE2image([...(format === 'raw' ? ['-r'] : []), source, image]).status).toBe(0);
    const device = copyOf(source, file('device'));
    const { allTables, blockSize } = placesOf(source);
    junk(device, allTables, blockSize);
    expect(restore([image, device])).toMatchObject({ status: 0 });
    expect(same(device, source)).toBe(true);
  });

  test('a bitmap whose checksum was wrong has a right one, as after C -I', () => {
    const source = copyOf(fixture('ext4-1k'), file('bad-checksum'));
    debugfs(['-w', '-f', '-', source], { input: 'set_bg 0 block_bitmap_csum 1\nset_bg 0 checksum calc\n' });
    expect(e2fsck(source).status).not.toBe(0);
    const image = file('bad-checksum.image');
    rmSync(image, { force: true });
    expect(cE2image([source, image]).status).toBe(0);
    const mine = copyOf(source, file('mine'));
    const theirs = copyOf(source, file('theirs'));
    expect(restore([image, mine])).toMatchObject({ status: 0 });
    expect(cE2image(['-I', theirs, image])).toMatchObject({ status: 0 });
    expect(e2fsck(mine)).toEqual(e2fsck(theirs));
  });

  test('what an older file left between the blocks of an image does not reach the device', () => {
    const source = fixture('no-flex-bg');
    const image = file('over-older');
    const { blockSize } = placesOf(source);
    junk(copyOf(source, image), [{ start: 0, count: statSync(source).size / blockSize }], blockSize, 7);
    // D-1: the C program writes its blocks into the file and leaves all others as they are.
    expect(cE2image(['-r', source, image])).toMatchObject({ status: 0 });
    const device = copyOf(source, file('device'));
    expect(restore([image, device])).toMatchObject({ status: 0 });
    expect(same(device, source)).toBe(true);
  });

  test.each(['ext4-1k', 'ext4-4k'])('a QCOW2 image of %s brings back all metadata to the byte', (name) => {
    const { source, image, device } = scene(name, 'QCOW2');
    const raw = file('raw');
    rmSync(raw, { force: true });
    expect(cE2image(['-r', image, raw]).status).toBe(0);
    const { blockSize } = placesOf(source);
    junk(device, nonZeroBlocks(raw, statSync(source).size, blockSize), blockSize);
    expect(restore(['--verify', image, device])).toMatchObject({ status: 0 });
    expect(same(device, source)).toBe(true);
  });

  test('contents of files, the boot sector and what is not in use stay as they are, even from an image of everything', () => {
    const source = fixture('ext4-4k');
    const image = file('everything');
    expect(cE2image(['-ra', source, image]).status).toBe(0);
    const device = copyOf(source, file('device'));
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
    const wiped = copyOf(device, file('wiped'));
    const { mtimeMs } = statSync(device);
    const undo = file('never.undo');
    const outcome = restore(['-n', '-z', undo, image, device]);
    expect(outcome.status).toBe(0);
    expect(new TextDecoder().decode(outcome.stdout)).toMatch(/^blocks \d+ to \d+: inode table$/m);
    expect(statSync(device).mtimeMs).toBe(mtimeMs);
    expect(same(device, wiped)).toBe(true);
    expect(statSync(undo, { throwIfNoEntry: false })).toBeUndefined();
  });
});
