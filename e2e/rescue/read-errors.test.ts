import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openFilesystem } from '@e2image/ext-core';
import { type BlockKind, walkBlocks } from '@e2image/ext-core/walk';
import { openQcow2 } from '@e2image/qcow2';
import { FileSource } from '@e2image/sparse-io';
import { BadDisk, badDiskLacks } from '../support/bad-disk.ts';
import { start, until } from '../support/endless.ts';
import { haveSameBytes } from '../support/file-bytes.ts';
import { copyOf, FIXTURE_NEEDS, fixture } from '../support/fixtures.ts';
import { LoopDevice } from '../support/loop.ts';
import { e2fsck, missing, type Outcome, ours, qemuImg, tool } from '../support/oracle.ts';

/** One kind of block, and in which formats losing one is a loss: a normal image has only the tables of the groups. */
interface Case {
  readonly kind: BlockKind;
  readonly recipe: string;
  /** Status of a normal image. */
  readonly normal: 0 | 3;
}
const MIB = 2 ** 20;
const MAPS = 'ext3-4k';
const EXTENTS = 'extents-depth-2-1k';
const CASES: readonly Case[] = [
  { kind: 'group descriptors', recipe: EXTENTS, normal: 3 },
  { kind: 'backup superblock', recipe: EXTENTS, normal: 0 },
  { kind: 'block bitmap', recipe: EXTENTS, normal: 3 },
  { kind: 'inode bitmap', recipe: EXTENTS, normal: 3 },
  { kind: 'inode table', recipe: EXTENTS, normal: 3 },
  { kind: 'directory', recipe: EXTENTS, normal: 0 },
  { kind: 'extent node', recipe: EXTENTS, normal: 0 },
  { kind: 'file data', recipe: EXTENTS, normal: 0 },
  { kind: 'journal', recipe: EXTENTS, normal: 0 },
  { kind: 'indirect block', recipe: MAPS, normal: 0 },
  { kind: 'inode table', recipe: MAPS, normal: 3 },
  { kind: 'journal', recipe: MAPS, normal: 0 },
];

/** A block of a kind, as the walk over the sound file system reports it: the second of the first run, if it has one. */
function blockOf(
  image: string,
  kind: BlockKind,
): { readonly block: number; readonly blockSize: number; readonly owner: number } {
  using source = FileSource.open(image);
  const fs = openFilesystem(source);
  let found: { block: number; owner: number } | undefined;
  walkBlocks(fs, { selection: 'complete', allData: true }, (of, start, count, owner) => {
    if (of === kind) found ??= { block: start + Math.min(1, count - 1), owner };
  });
  if (found === undefined) throw new Error(`no ${kind} in ${image}`);
  return { ...found, blockSize: fs.blockSize };
}

const lacking = badDiskLacks() ?? missing([...FIXTURE_NEEDS, 'loop', 'ddrescuelog', 'qemu-img'])[0];
const describeBad = lacking === undefined ? describe : describe.skip;

describeBad(`one unreadable sector${lacking === undefined ? '' : ` [needs ${lacking}]`}`, () => {
  let folder = '';
  const file = (name: string): string => join(folder, name);
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'e2e-read-errors-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** The image that a disk gives whose bad block is zeros: what must become of one whose bad block cannot be read. */
  function imageOfZeros(
    recipe: string,
    kind: BlockKind,
    { block, blockSize }: { block: number; blockSize: number },
  ): string {
    const zeroed = copyOf(fixture(recipe), file('zeroed'));
    // A descriptor block has copies, so that nothing else is lost with it: its zeros belong to the image only.
    const isReplaced = kind === 'group descriptors';
    const image = file('expected');
    if (!isReplaced) zero(zeroed, block * blockSize, blockSize);
    expect([0, 3]).toContain(ours(['-ra', zeroed, image]).status);
    if (isReplaced) zero(image, block * blockSize, blockSize);
    return image;
  }

  function zero(path: string, offset: number, length: number): void {
    const fd = openSync(path, 'r+');
    writeSync(fd, new Uint8Array(length), 0, length, offset);
    closeSync(fd);
  }

  test.each(CASES)('in $kind of $recipe costs that block, in every format', ({ kind, recipe, normal }) => {
    const sound = fixture(recipe);
    const place = blockOf(sound, kind);
    const { block, blockSize } = place;
    const expected = imageOfZeros(recipe, kind, place);
    using disk = BadDisk.over(sound, file('bad'), [{ offset: (block + 0.5) * blockSize, length: 512 }]);
    using loop = LoopDevice.attach(disk.path, { readOnly: true });
    const line = new RegExp(
      `: block ${block} \\(${kind}( of [a-z]+ \\d+)?\\) cannot be read: Input/output error; (zeros|their backup) in the image$`,
      'm',
    );

    for (const device of [disk.path, loop.path]) {
      const raw = ours(['-ra', device, file('raw')]);
      expect(raw).toMatchObject({ status: 3, stderr: expect.stringMatching(line) });
      expect(haveSameBytes(file('raw'), expected)).toBe(true);
      expect(tool('ddrescuelog', ['-t', file('raw.mapfile')]).status).toBe(0);
      const bad = tool('ddrescuelog', ['-l-', `-b${blockSize}`, file('raw.mapfile')]).stdout;
      expect(new TextDecoder().decode(bad)).toBe(`${block}\n`);
    }

    const qcow2 = ours(['-Qa', loop.path, file('qcow2')]);
    expect(qcow2).toMatchObject({ status: 3, stderr: expect.stringMatching(line) });
    expect(qemuImg(['check', file('qcow2')]).status).toBe(0);
    expect(qemuImg(['compare', '-F', 'raw', '-f', 'qcow2', file('qcow2'), expected]).status).toBe(0);
    using source = FileSource.open(file('qcow2'));
    expect(openQcow2(source).info.unread).toEqual([{ offset: block * blockSize, length: blockSize }]);

    const image = ours([loop.path, file('normal')]);
    expect({ status: image.status, stderr: image.stderr }).toMatchObject({ status: normal });
    expect(existsSync(file('normal.mapfile'))).toBe(normal === 3);
    if (normal === 3) expect(image.stderr).toMatch(line);
  });

  test('in the superblock: status 1 without a copy of it, 3 with one that is named', () => {
    const sound = fixture(EXTENTS);
    using disk = BadDisk.over(sound, file('bad'), [{ offset: 1536, length: 512 }]);
    const refused = ours(['-r', disk.path, file('raw')]);
    expect(refused).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/: Input\/output error while trying to open \S+bad$/m),
    });
    expect(readdirSync(folder).sort()).toEqual(['bad']);
    const saved = ours(['-r', '-b', '8193', '-B', '1024', disk.path, file('raw')]);
    expect(saved).toMatchObject({
      status: 3,
      stderr: expect.stringMatching(/: block 1 \(superblock\) cannot be read: /),
    });
    expect(new TextDecoder().decode(tool('ddrescuelog', ['-l-', '-b1024', file('raw.mapfile')]).stdout)).toBe('1\n');
  });

  test('past the end of a disk that was cut short: status 3, and the mapfile shows where it ends', () => {
    const whole = fixture(EXTENTS);
    const source = copyOf(whole, file('source'));
    truncateSync(source, 12 * MIB);
    const { status, stderr } = ours(['-ra', source, file('raw')]);
    expect({ status, stderr }).toEqual({
      status: 3,
      stderr: expect.stringMatching(/cannot be read: the source ends at byte 12582912; zeros in the image$/m),
    });
    expect(statSync(file('raw')).size).toBe(statSync(whole).size);
    const lost = new TextDecoder().decode(tool('ddrescuelog', ['-l-', '-b1024', file('raw.mapfile')]).stdout);
    const blocks = lost.split('\n').filter(Boolean).map(Number);
    expect(blocks.length).toBeGreaterThan(0);
    expect(Math.min(...blocks)).toBeGreaterThanOrEqual(12 * 1024);
  });

  test('in a QCOW2 image that is converted: status 3, one line, and the mapfile shows it', () => {
    const sound = fixture(EXTENTS);
    expect(ours(['-Qa', sound, file('qcow2')]).status).toBe(0);
    const { block, blockSize } = blockOf(sound, 'file data');
    const content = readFileSync(sound).subarray(block * blockSize, (block + 1) * blockSize);
    const place = readFileSync(file('qcow2')).indexOf(content);
    expect(place).toBeGreaterThan(0);
    using disk = BadDisk.over(file('qcow2'), file('bad'), [{ offset: place, length: 512 }]);
    const unit = Math.floor((block * blockSize) / 4096) * 4096;
    const outcome = ours(['-r', disk.path, file('raw')]);
    expect(outcome).toMatchObject({
      status: 3,
      stderr: expect.stringContaining(`bytes ${unit} to ${unit + 4095} cannot be read: Input/output error; zeros`),
    });
    const lost = new TextDecoder().decode(tool('ddrescuelog', ['-l-', '-b4096', file('raw.mapfile')]).stdout);
    expect(lost).toBe(`${unit / 4096}\n`);
    // The mapfile must not speak of the next image of that name.
    expect(ours(['-r', file('qcow2'), file('raw')]).status).toBe(0);
    expect(new TextDecoder().decode(tool('ddrescuelog', ['-l-', '-b4096', file('raw.mapfile')]).stdout)).toBe('');
    expect(ours(['-r', '--mapfile', file('map'), file('qcow2'), file('raw')])).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('--mapfile is for disks'),
    });
  });

  test('in an image: restore writes nothing but what it read', () => {
    const sound = fixture(EXTENTS);
    expect(ours(['-r', sound, file('image')]).status).toBe(0);
    const { block, blockSize } = blockOf(sound, 'inode table');
    using disk = BadDisk.over(file('image'), file('bad'), [{ offset: block * blockSize, length: 512 }]);
    const device = copyOf(sound, file('device'));
    const { status, stderr } = ours([disk.path, device], { tool: 'e2image-restore' });
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: expect.stringContaining(
        `Input/output error while comparing ${disk.path} and ${device}; nothing was written`,
      ),
    });
    expect(haveSameBytes(device, sound)).toBe(true);
  });

  test('under a move: status 1, the block is named, and it is resumed when the disk reads again', () => {
    const sound = fixture(EXTENTS);
    const image = copyOf(sound, file('image'));
    const { size } = statSync(sound);
    truncateSync(image, size + MIB);
    const { block, blockSize } = blockOf(sound, 'file data');
    const move = (device: string, ...options: string[]): Outcome =>
      ours([...options, '-O', `${MIB}`, device], { tool: 'e2image-move' });
    {
      using disk = BadDisk.over(image, file('bad'), [{ offset: block * blockSize, length: 512 }], { isWritable: true });
      using loop = LoopDevice.attach(disk.path);
      const { status, stderr } = move(loop.path);
      expect({ status, stderr }).toEqual({
        status: 1,
        stderr: expect.stringMatching(new RegExp(`finish it with: .*\\n.*: block ${block} cannot be read\\n$`)),
      });
    }
    using loop = LoopDevice.attach(image);
    expect(move(loop.path, '--resume')).toMatchObject({ status: 0 });
    loop.flush();
    writeFileSync(file('moved'), readFileSync(image).subarray(MIB));
    expect(e2fsck(file('moved'))).toEqual(e2fsck(sound));
  });

  describe('with --mapfile', () => {
    const BLOCKS = [2000, 2001, 9000];
    const bad = BLOCKS.map((block) => ({ offset: block * 1024, length: 512 }));
    const rescue = (device: string, image: string, ...options: string[]): Outcome =>
      ours(['-ra', '--mapfile', file('map'), ...options, device, file(image)]);

    test('what failed is not touched again, but with --retry', () => {
      const sound = fixture(EXTENTS);
      {
        using disk = BadDisk.over(sound, file('bad'), bad);
        expect(rescue(disk.path, 'raw').status).toBe(3);
      }
      // The disk came to its senses: nobody notices before --retry.
      rmSync(file('raw'));
      const again = rescue(sound, 'raw');
      expect(again).toMatchObject({ status: 3, stderr: expect.stringContaining('blocks 2000 to 2001') });
      expect(rescue(sound, 'raw', '--retry', '1').status).toBe(0);
      expect(ours(['-ra', sound, file('expected')]).status).toBe(0);
      expect(haveSameBytes(file('raw'), file('expected'))).toBe(true);
      expect(new TextDecoder().decode(tool('ddrescuelog', ['-l-', file('map')]).stdout)).toBe('');
    });

    test('a run that SIGINT ended continues where it was, to the same bytes', async () => {
      const sound = fixture(EXTENTS);
      expect(ours(['-ra', sound, file('expected')]).status).toBe(0);
      // Every read takes its time: long enough to be interrupted in the middle.
      using disk = BadDisk.over(sound, file('bad'), [], { delay: 20 });
      const running = start('e2image', ['-ra', '--mapfile', file('map'), disk.path, file('raw')], {
        runtime: 'standalone executable',
      });
      await until(
        () => existsSync(file('map.partial')) && statSync(file('map.partial')).blocks > 0,
        'the first blocks',
      );
      const { signal, stderr } = await running.end('SIGINT');
      expect({ signal, stderr }).toEqual({
        signal: 'SIGINT',
        stderr: expect.stringContaining('the same command continues'),
      });
      expect(existsSync(file('raw'))).toBe(false);
      expect(tool('ddrescuelog', ['-t', file('map')]).status).toBe(0);
      const rescued = new TextDecoder().decode(tool('ddrescuelog', ['-l+', '-b1024', file('map')]).stdout);
      expect(rescued.split('\n').length).toBeGreaterThan(1);
      expect(rescue(sound, 'raw').status).toBe(0);
      expect(haveSameBytes(file('raw'), file('expected'))).toBe(true);
      expect(existsSync(file('map.partial'))).toBe(false);
    });
  });
});
