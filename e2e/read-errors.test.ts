import { Buffer } from 'node:buffer';
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BlockKind, openFilesystem, walkBlocks } from '@e2image/ext-core';
import { openQcow2 } from '@e2image/qcow2';
import { FileSource } from '@e2image/sparse-io';
import { BadDisk, badDiskLacks } from './bad-disk.ts';
import { copyOf, FIXTURE_NEEDS, fixture } from './fixtures.ts';
import { LoopDevice } from './loop.ts';
import { missing, ours, qemuImg, tool } from './oracle.ts';

/** One kind of block, and in which formats losing one is a loss: a normal image has only the tables of the groups. */
interface Case {
  readonly kind: BlockKind;
  readonly recipe: string;
  /** Status of a normal image. */
  readonly normal: 0 | 3;
}
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

/** A block of a kind, as the walk over the sound file system tells it: the second of the first run, if it has one. */
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

  const isSame = (a: string, b: string): boolean => Buffer.compare(readFileSync(a), readFileSync(b)) === 0;

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
      expect(isSame(file('raw'), expected)).toBe(true);
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
});
