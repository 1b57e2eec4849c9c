import { Buffer } from 'node:buffer';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BadRange, copyRuns, FileSource, isolateErrors, openDirectSource, openOutput } from '@e2image/sparse-io';
import { BadDisk, badDiskLacks } from '../support/bad-disk.ts';
import { LoopDevice } from '../support/loop.ts';
import { missing, ours, RUNTIMES } from '../support/oracle.ts';

const MIB = 2 ** 20;
const BLOCK = 4096;
/** One sector; two blocks; the last bytes of the disk. */
const BAD = [
  { offset: MIB, length: 512 },
  { offset: 4 * MIB, length: 2 * BLOCK },
  { offset: 8 * MIB - 1, length: 1 },
];
const LOST = [MIB, 4 * MIB, 4 * MIB + BLOCK, 8 * MIB - BLOCK];

const lacking = badDiskLacks();
const describeBad = lacking === undefined ? describe : describe.skip;

describeBad(`a disk with bad sectors${lacking === undefined ? '' : ` [needs ${lacking}]`}`, () => {
  let folder = '';
  const file = (name: string): string => join(folder, name);
  const content = Uint8Array.from({ length: 8 * MIB }, (_, at) => (at % 255) + 1);
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'e2e-bad-disk-'));
    writeFileSync(file('image'), content);
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** Copy with every error isolated. @returns the offsets of the blocks that were lost */
  async function rescue(path: string): Promise<number[]> {
    const bad: BadRange[] = [];
    using source = FileSource.open(path);
    using around = openDirectSource(source.fd, source.size);
    const { sink } = await openOutput(file('rescued'));
    await copyRuns(isolateErrors(source, { blockSize: BLOCK, around, onBad: (range) => bad.push(range) }), sink);
    await sink.finish(source.size);
    return bad.map(({ offset }) => offset);
  }

  function expectRescued(): void {
    const expected = content.slice();
    for (const offset of LOST) expected.fill(0, offset, offset + BLOCK);
    expect(Buffer.compare(readFileSync(file('rescued')), expected)).toBe(0);
  }

  test('a file: exactly the bad blocks are lost, as zeros', async () => {
    using disk = BadDisk.over(file('image'), file('bad'), BAD);
    expect(await rescue(disk.path)).toEqual(LOST);
    expectRescued();
  });

  const needsLoop = missing(['loop']).length === 0 ? test : test.skip;
  needsLoop('a block device: no good block is lost with the folio that it shares', async () => {
    using disk = BadDisk.over(file('image'), file('bad'), BAD);
    using loop = LoopDevice.attach(disk.path, { readOnly: true });
    expect(await rescue(loop.path)).toEqual(LOST);
    expectRescued();
  });

  test.each(RUNTIMES)('%s: sparse-copy stops, names the source, and leaves nothing', (runtime) => {
    using disk = BadDisk.over(file('image'), file('bad'), BAD);
    const { status, stderr } = ours([disk.path, file('copy')], { tool: 'sparse-copy', runtime });
    expect(status).toBe(1);
    expect(stderr).toMatch(new RegExp(`^\\S+: Input/output error while reading ${disk.path}\n$`));
    expect(readdirSync(folder).sort()).toEqual(['bad', 'image']);
  });
});
