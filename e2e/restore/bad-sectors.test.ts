import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BadDisk, badDiskLacks } from '../support/bad-disk.ts';
import { copyOf, FIXTURE_NEEDS, fixture } from '../support/fixtures.ts';
import { LoopDevice } from '../support/loop.ts';
import { missing, ours, tool } from '../support/oracle.ts';

/** A disk with a bad sector below metadata: what a restore is for. */

const RECIPE = 'ext4-1k';
const SECTOR = 512;

const lacking = badDiskLacks() ?? missing([...FIXTURE_NEEDS, 'loop', 'e2undo'])[0];
const describeBad = lacking === undefined ? describe : describe.skip;

describeBad(`a restore onto a bad sector${lacking === undefined ? '' : ` [needs ${lacking}]`}`, () => {
  let folder = '';
  const file = (name: string): string => join(folder, name);
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'e2e-restore-bad-'));
    expect(ours(['-r', fixture(RECIPE), file('image')]).status).toBe(0);
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** Byte of the second block of the first inode table. */
  function tableByte(): number {
    const text = new TextDecoder().decode(tool('dumpe2fs', [fixture(RECIPE)]).stdout);
    return (Number(/Inode table at (\d+)/.exec(text)?.[1]) + 1) * 1024;
  }

  const CASES = [
    { where: 'an inode table', offset: tableByte, block: () => tableByte() / 1024 },
    { where: 'the superblock', offset: () => 1024, block: () => 1 },
  ];

  test.each(CASES)('in $where writes that block alone, which mends it', ({ offset, block }) => {
    const before = readFileSync(fixture(RECIPE));
    writeFileSync(file('disk'), before);
    using disk = BadDisk.over(file('disk'), file('bad'), [{ offset: offset(), length: SECTOR }], {
      isWritable: true,
      heals: true,
    });
    {
      using loop = LoopDevice.attach(disk.path);
      const outcome = ours(['-z', file('undo'), '--verify', file('image'), loop.path], { tool: 'e2image-restore' });
      expect(outcome).toMatchObject({
        status: 0,
        stderr: expect.stringContaining(`unreadable: block ${block()} cannot be read`),
      });
      expect(outcome.stderr).toMatch(/: 1 of \d+ blocks differ: /);
      expect(outcome.stderr).toContain('verified');
    }
    expect(readFileSync(file('disk')).equals(before)).toBe(true);
    // Good neighbours in the page of the bad sector are not zeros in the undo file.
    expect(tool('e2undo', [file('undo'), copyOf(file('disk'), file('undone'))]).status).toBe(0);
    const at = Math.floor(offset() / 1024) * 1024;
    const undone = readFileSync(file('undone'));
    expect(undone.subarray(at + 1024).equals(before.subarray(at + 1024))).toBe(true);
  });

  test.each(CASES)('in $where that stays bad: verifying reports it, status 4', ({ offset, block }) => {
    writeFileSync(file('disk'), readFileSync(fixture(RECIPE)));
    using disk = BadDisk.over(file('disk'), file('bad'), [{ offset: offset(), length: SECTOR }], { isWritable: true });
    using loop = LoopDevice.attach(disk.path);
    expect(ours(['--verify', file('image'), loop.path], { tool: 'e2image-restore' })).toMatchObject({
      status: 4,
      stderr: expect.stringContaining(`block ${block()} on the medium is not what was written`),
    });
  });
});
