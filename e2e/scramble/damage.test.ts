import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { copyOf, FIXTURE_NEEDS, fixture, recipesOfThisRun } from '../support/fixtures.ts';
import { debugfs, describeNeeds, dumpe2fs, ours, ROOT, tool } from '../support/oracle.ts';

let folder = '';
beforeAll(() => {
  mkdirSync(join(ROOT, 'dist'), { recursive: true });
  folder = mkdtempSync(join(ROOT, 'dist/e2e-scramble-damage-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What e2fsck says, with every name, path and label replaced by one word. */
function e2fsck(image: string): string {
  const { status, stdout } = tool('e2fsck', ['-fn', image]);
  const label = new TextDecoder('latin1').decode(dumpe2fs(['-h', image]).stdout).match(/volume name: *(.*)/)?.[1] ?? '';
  const text = new TextDecoder('latin1')
    .decode(stdout)
    .replaceAll(image, 'IMAGE')
    .replaceAll(label === '' || label === '<none>' ? image : label, 'IMAGE')
    .replaceAll(/(^| )'.*'(?= )/gm, ' NAME')
    .replaceAll(/([ (])\/[^\s):]*/g, '$1PATH');
  return `${status} ${text}`;
}

function scramble(image: string, ...options: string[]): { readonly out: string; readonly stderr: string } {
  const out = join(folder, 'scrambled');
  const { status, stderr } = ours([...options, image, out], { tool: 'e2scramble' });
  expect(status === 0 || status === 3).toBe(true);
  return { out, stderr };
}

/** Change bytes of a copy of a fixture. */
function patched(
  name: string,
  patch: (bytes: Uint8Array) => readonly (readonly [at: number, bytes: Uint8Array])[],
): string {
  const image = copyOf(fixture(name), join(folder, 'patched'));
  const fd = openSync(image, 'r+');
  for (const [at, bytes] of patch(readFileSync(image))) writeSync(fd, bytes, 0, bytes.length, at);
  closeSync(fd);
  return image;
}

const BLOCK = 1024;

/** Byte of block `logical` of a file. */
function placeOf(image: string, path: string, logical: number): number {
  const { stdout } = debugfs(['-R', `bmap ${path} ${logical}`, image]);
  return Number(new TextDecoder().decode(stdout).trim()) * BLOCK;
}

describeNeeds(FIXTURE_NEEDS, 'e2fsck says the same of a file system and of its scrambled image', () => {
  test.each(recipesOfThisRun().map(({ name }) => name))(
    '%s',
    (name) => {
      const source = fixture(name);
      expect(e2fsck(scramble(source).out)).toBe(e2fsck(source));
      expect(e2fsck(scramble(source, '--scramble-index=keep').out)).toBe(e2fsck(source));
    },
    60_000,
  );
});

describeNeeds(FIXTURE_NEEDS, 'damage stays damage of the same kind', () => {
  const DIRECTORY = 'htree-2-levels-ext3';
  const FOLDER = '/many';

  test.each(['fresh', 'keep'])('names outside the range of their leaf, boundaries %s', (index) => {
    const image = fixture(DIRECTORY);
    const dump = new TextDecoder().decode(debugfs(['-R', `htree_dump ${FOLDER}`, image]).stdout);
    const at = placeOf(image, FOLDER, Number(/Entry #0: Hash 0x00000000, block (\d+)/.exec(dump)?.[1]));
    // Two leaves change places: the second and third entry of an inner block, which has no checksum here.
    const swapped = patched(DIRECTORY, (bytes) => [
      [at + 20, bytes.slice(at + 28, at + 32)],
      [at + 28, bytes.slice(at + 20, at + 24)],
    ]);
    const before = e2fsck(swapped);
    expect(before).toMatch(/bad (min|max) hash/);
    expect(e2fsck(scramble(swapped, `--scramble-index=${index}`).out)).toBe(before);
  });

  test('a directory block full of something else is scrambled as bytes, and reported', () => {
    const at = placeOf(fixture(DIRECTORY), FOLDER, 3);
    const text = new TextEncoder().encode('private words '.repeat(74)).subarray(0, BLOCK);
    const ruined = patched(DIRECTORY, () => [[at, text]]);
    const { out, stderr } = scramble(ruined);
    expect(stderr).toContain('is not a list of directory entries, scrambled as bytes');
    expect(readFileSync(out).includes('private')).toBe(false);
    expect(e2fsck(out)).toBe(e2fsck(ruined));
  });
});
