import { Buffer } from 'node:buffer';
import {
  existsSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BadDisk, badDiskLacks } from '../support/bad-disk.ts';
import { start, until } from '../support/endless.ts';
import { FIXTURE_NEEDS, fixture } from '../support/fixtures.ts';
import { LoopDevice } from '../support/loop.ts';
import { missing, type Outcome, ours } from '../support/oracle.ts';

/** What `--mapfile` promises when the target, the mapfile and the partial image do not belong together. */

const RECIPE = 'extents-depth-2-1k';
/** Byte of the superblock. */
const VOLUME_NAME = 0x78;

const lacking = badDiskLacks() ?? missing([...FIXTURE_NEEDS, 'loop'])[0];
const describeRescue = lacking === undefined ? describe : describe.skip;

describeRescue(`a rescue${lacking === undefined ? '' : ` [needs ${lacking}]`}`, () => {
  let folder = '';
  const file = (name: string): string => join(folder, name);
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'e2e-rescue-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const rescue = (device: string, image: string, ...options: string[]): Outcome =>
    ours(['-ra', '--mapfile', file('map'), ...options, device, image]);

  /** A run that was stopped in the middle: leaves `map` and `map.partial`. */
  async function interrupted(): Promise<void> {
    using disk = BadDisk.over(fixture(RECIPE), file('slow'), [], { delay: 20 });
    const running = start('e2image', ['-ra', '--mapfile', file('map'), disk.path, file('raw')], {
      runtime: 'standalone executable',
    });
    await until(() => existsSync(file('map.partial')) && statSync(file('map.partial')).blocks > 0, 'the first blocks');
    expect(await running.end('SIGINT')).toMatchObject({ signal: 'SIGINT' });
    expect(readFileSync(file('map'), 'latin1')).toMatch(/\+$/m);
  }

  function expected(): Uint8Array {
    expect(ours(['-ra', fixture(RECIPE), file('expected')]).status).toBe(0);
    return readFileSync(file('expected'));
  }

  test('does not take another device for the one that its mapfile names', () => {
    expect(rescue(fixture(RECIPE), file('raw')).status).toBe(0);
    writeFileSync(file('disk'), '');
    truncateSync(file('disk'), statSync(fixture(RECIPE)).size);
    using loop = LoopDevice.attach(file('disk'));
    expect(rescue(fixture(RECIPE), loop.path)).toMatchObject({
      status: 1,
      stderr: expect.stringContaining(`${loop.path} does not hold what ${file('map')} says was read`),
    });
    expect(statSync(file('disk')).blocks).toBe(0);
  });

  test('continues with the device that its mapfile names', () => {
    writeFileSync(file('disk'), '');
    truncateSync(file('disk'), statSync(fixture(RECIPE)).size);
    using loop = LoopDevice.attach(file('disk'));
    const bad = [{ offset: 2000 * 1024, length: 512 }];
    {
      using disk = BadDisk.over(fixture(RECIPE), file('bad'), bad);
      expect(rescue(disk.path, loop.path).status).toBe(3);
    }
    expect(rescue(fixture(RECIPE), loop.path, '--retry', '1').status).toBe(0);
    loop.flush();
    expect(readFileSync(file('disk')).equals(expected())).toBe(true);
  });

  test('does not count the blocks of a partial image as sent to a pipe, or written to a file of another kind', async () => {
    await interrupted();
    const piped = rescue(fixture(RECIPE), '-');
    expect(piped.status).toBe(0);
    expect(Buffer.compare(piped.stdout, expected())).toBe(0);
    writeFileSync(file('old'), '');
    expect(rescue(fixture(RECIPE), file('old'), '-c').status).toBe(0);
    expect(readFileSync(file('old')).equals(expected())).toBe(true);
  });

  test('refuses a partial image of another file system, and leaves it and its map alone', async () => {
    await interrupted();
    const map = readFileSync(file('map'));
    const partial = readFileSync(file('map.partial'));
    rmSync(file('slow'));
    const other = readFileSync(fixture(RECIPE));
    other.write('other', 1024 + VOLUME_NAME, 'latin1');
    writeFileSync(file('other'), other);
    expect(rescue(file('other'), file('raw'))).toMatchObject({
      status: 1,
      stderr: expect.stringContaining(`${file('map.partial')} does not hold what ${file('map')} says was read`),
    });
    expect(readFileSync(file('map')).equals(map)).toBe(true);
    expect(readFileSync(file('map.partial')).equals(partial)).toBe(true);
    expect(existsSync(file('raw'))).toBe(false);
  });

  test('lets nothing of a partial image shine through that no map vouches for', () => {
    const size = statSync(fixture(RECIPE)).size;
    writeFileSync(file('map.partial'), new Uint8Array(size).fill(0x61), { mode: 0o600 });
    expect(rescue(fixture(RECIPE), file('raw')).status).toBe(0);
    expect(readFileSync(file('raw')).equals(expected())).toBe(true);
  });

  test('does not write its map through a link that has the name of the map', () => {
    writeFileSync(file('precious'), 'precious');
    symlinkSync(file('precious'), file('map.new'));
    expect(rescue(fixture(RECIPE), file('raw')).status).toBe(0);
    expect(readFileSync(file('precious'), 'latin1')).toBe('precious');
    expect(lstatSync(file('map')).isFile()).toBe(true);
    expect(readdirSync(folder).sort()).toEqual(['map', 'precious', 'raw']);
  });
});
