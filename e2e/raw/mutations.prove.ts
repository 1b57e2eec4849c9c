import { closeSync, existsSync, mkdtempSync, openSync, readSync, rmSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { copyOf, fixture, RECIPES } from '../support/fixtures.ts';
import { cE2image, ours, ROOT, run } from '../support/oracle.ts';

// Run by `npm run prove -- --only raw-mutations` and `npm run fuzz`: the seed decides which bytes are changed.
const SEED = Number(process.env['PROVE_SEED'] ?? '1');
const ROUNDS = 4;
/** Both programs may take this long for file systems of a few dozen MiB. */
const PATIENCE = 30_000;

/** xorshift32: numbers 0 <= n < limit. */
function dice(seed: number): (limit: number) => number {
  let state = (seed * 2_654_435_761) >>> 0 || 1;
  return (limit) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % limit;
  };
}

/** Change some bytes: most of these file systems are metadata and zeros, so that many hits count. */
function damage(image: string, seed: number): void {
  const draw = dice(seed);
  const size = statSync(image).size;
  const fd = openSync(image, 'r+');
  const byte = new Uint8Array(4);
  for (let left = 1 + draw(12); left > 0; left--) {
    // Half of the hits fall into superblock and descriptors, which decide how all the rest is read; the others where
    // there is something, if some tries find it.
    let at = 1024 + draw(7168);
    for (let tries = draw(2) * 100; tries > 0; tries--) {
      at = draw(size >>> 2) * 4;
      readSync(fd, byte, 0, 4, at);
      if (byte.some((value) => value !== 0)) break;
    }
    readSync(fd, byte, 0, 4, at);
    const kind = draw(3);
    if (kind === 0) byte[draw(4)] = draw(256);
    else if (kind === 1) byte.fill(draw(2) === 0 ? 0xff : 0);
    else byte[draw(4)] = (byte[draw(4)] ?? 0) ^ (1 << draw(8));
    writeSync(fd, byte, 0, 4, at);
  }
  closeSync(fd);
}

/** Those that are damaged: small ones, which both programs read in no time. */
const small = RECIPES.filter(({ fast, mount }) => fast && mount === undefined);

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(ROOT, 'dist/e2e-mutations-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

test.each(small)(`seed ${SEED}: $name, damaged at random, is imaged or refused`, (recipe) => {
  const counts = { same: 0, different: 0, 'c-failed': 0, refused: 0 };
  for (let round = 0; round < ROUNDS; round++) {
    const source = copyOf(fixture(recipe), join(folder, 'source'));
    damage(source, SEED * 1000 + RECIPES.indexOf(recipe) * ROUNDS + round);
    counts[compare(source)]++;
  }
  console.log(
    Object.entries(counts)
      .map(([name, count]) => `count ${name} ${count}`)
      .join('\n'),
  );
});

function compare(source: string): 'same' | 'different' | 'c-failed' | 'refused' {
  const mine = join(folder, 'mine');
  const theirs = join(folder, 'theirs');
  for (const path of [mine, theirs]) rmSync(path, { force: true });
  const { status, signal, stderr } = ours(['-r', source, mine], { timeout: PATIENCE });
  expect({ signal, stderr: stderr.slice(0, 500) }).toEqual({
    signal: null,
    stderr: expect.not.stringContaining('    at '),
  });
  expect([0, 1, 3]).toContain(status);
  if (status === 1) {
    expect(existsSync(mine)).toBe(false);
    return 'refused';
  }
  const c = cBounded(source, theirs);
  if (c !== 0) return 'c-failed';
  return run('cmp', ['-s', mine, theirs]).status === 0 ? 'same' : 'different';
}

/** The C program floods its standard error, or never ends, on some of these: both count as failed. */
function cBounded(source: string, image: string): number {
  try {
    return cE2image(['-r', source, image], { timeout: PATIENCE }).status ?? -1;
  } catch {
    return -1;
  }
}
