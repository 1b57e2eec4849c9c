import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { firstDifference } from '../support/compare.ts';
import { CORPUS_FAILURES } from '../support/corpus-failures.ts';
import { FIXTURE_NEEDS, fixture, recipesOfThisRun } from '../support/fixtures.ts';
import {
  cE2image,
  describeNeeds,
  e2fsck,
  type Need,
  type Outcome,
  ours,
  ROOT,
  run,
  testNeeds,
} from '../support/oracle.ts';

let folder = '';
beforeAll(() => {
  mkdirSync(join(ROOT, 'dist'), { recursive: true });
  folder = mkdtempSync(join(ROOT, 'dist/e2e-raw-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Both images of one source; the caller looks at them and then removes the folder. */
function imageWithBoth(
  source: string,
  timeout = 120_000,
): {
  readonly theirs: string;
  readonly mine: string;
  readonly c: Outcome;
  readonly we: Outcome;
} {
  const theirs = join(folder, 'theirs');
  const mine = join(folder, 'mine');
  rmSync(theirs, { force: true });
  rmSync(mine, { force: true });
  return { theirs, mine, c: cE2image(['-r', source, theirs]), we: ours(['-r', source, mine], { timeout }) };
}

/** Same bytes, same length, and hardly more blocks of the disk. */
async function expectSameImage(mine: string, theirs: string): Promise<void> {
  expect(statSync(mine).size).toBe(statSync(theirs).size);
  // cmp names the first byte that differs, but it reads holes: not those of a terabyte.
  if (statSync(mine).size < 2 ** 31) expect(new TextDecoder().decode(run('cmp', [mine, theirs]).stdout)).toBe('');
  else expect(await firstDifference(mine, theirs)).toBeUndefined();
  // A block of the disk may be more where ours ends a run on another boundary; 16 blocks of 512 bytes are noise.
  expect(statSync(mine).blocks).toBeLessThanOrEqual(statSync(theirs).blocks * 1.05 + 16);
}

describeNeeds([...FIXTURE_NEEDS, 'e2image'], 'e2image -r', () => {
  test.each(recipesOfThisRun())('$name: has the bytes of the C program', async (recipe) => {
    const { theirs, mine, c, we } = imageWithBoth(fixture(recipe));
    if (recipe.cRefuses === undefined) {
      expect(c.status).toBe(0);
      expect({ status: we.status, stderr: we.stderr }).toMatchObject({ status: recipe.damage ? expect.anything() : 0 });
      expect([0, 3]).toContain(we.status);
      await expectSameImage(mine, theirs);
    } else {
      // Where the C program gives up, ours continues and says that something is missing.
      expect(c.status).toBe(1);
      expect([0, 3]).toContain(we.status);
      expect(statSync(mine).size).toBe(statSync(fixture(recipe)).size);
    }
  });

  test.each(recipesOfThisRun())('$name: a complete image looks to e2fsck as its source does', (recipe) => {
    const source = fixture(recipe);
    const mine = join(folder, 'complete');
    rmSync(mine, { force: true });
    expect([0, 3]).toContain(ours(['-r', '--complete', source, mine]).status);
    expect(e2fsck(mine)).toEqual(e2fsck(source));
  });
});

/** Milliseconds that ours may take for a damaged image. */
const PATIENCE = 5000;
const CORPUS = join(ROOT, '../shared/corpus');
const damagedImages = existsSync(CORPUS) ? readdirSync(CORPUS).filter((name) => /\.(gz|bz2)$/.test(name)) : [];

/** Unpack one of them, with holes where it is zero. */
function unpack(name: string, to: string): void {
  const path = join(CORPUS, name);
  if (name.endsWith('.gz')) writeFileSync(to, gunzipSync(readFileSync(path)));
  else writeFileSync(to, run('bzip2', ['-dc', path]).stdout);
  run('fallocate', ['--dig-holes', to]);
}

// The folder is not part of the repository: where it is absent there is nothing to skip by name but this.
if (damagedImages.length === 0) test.skip('damaged images of ../shared/corpus: the folder is not there', () => {});

for (const name of damagedImages) {
  const needs: Need[] = name.endsWith('.bz2') ? ['e2fsck', 'bzip2'] : ['e2fsck'];

  testNeeds(['e2image', ...needs], `${name}: is imaged as the C program does, or as the table says`, async () => {
    const source = join(folder, 'source');
    unpack(name, source);
    const { theirs, mine, c, we } = imageWithBoth(source, PATIENCE);
    const failure = CORPUS_FAILURES[name];
    expect({ c: c.status, we: we.status }).toEqual({ c: failure === undefined ? 0 : 1, we: failure?.status ?? 0 });
    if (failure === undefined) return expectSameImage(mine, theirs);
    expect(we.stderr).toMatch(failure.message);
    expect(we.stderr).not.toContain('    at ');
    expect(existsSync(mine)).toBe(failure.status === 3);
  });

  testNeeds(needs, `${name}: a complete image looks to e2fsck as its source does`, () => {
    const source = join(folder, 'source');
    unpack(name, source);
    const mine = join(folder, 'complete');
    rmSync(mine, { force: true });
    const { status } = ours(['-r', '--complete', source, mine]);
    if (status === 0 || status === 3) expect(e2fsck(mine)).toEqual(e2fsck(source));
    else expect(existsSync(mine)).toBe(false);
  });
}
