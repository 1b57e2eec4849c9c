import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type KillScene, killedRestore, killScene, type Moment } from '../support/killed-restore.ts';
import { ROOT } from '../support/oracle.ts';

// Run by `npm run prove -- --only restore-kills`: the seed decides when the restores are killed.
const SEED = Number(process.env['PROVE_SEED'] ?? '1');
const KILLS = 10;

let folder = '';
let scene: KillScene;
beforeAll(async () => {
  mkdirSync(join(ROOT, 'dist'), { recursive: true });
  folder = mkdtempSync(join(ROOT, 'dist/prove-restore-'));
  scene = await killScene(folder);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Moments, one in four before the undo file is there; the same for the same seed. */
const moments: readonly Moment[] = Array.from({ length: KILLS }, (_, index) => {
  const word = Math.imul(SEED * KILLS + index + 1, 2_654_435_761) >>> 0;
  const mixed = Math.imul(word ^ (word >>> 15), 2_246_822_519) >>> 0;
  // The measured time is that of a quiet machine at its slowest: most of a restore is over well before its end.
  const share = mixed / 2 ** 32;
  return index % 4 === 0 ? { phase: 'saving', share } : { phase: 'writing', share: 0.7 * share };
});

const reached = new Map<string, number>();

test.each(moments)('killed in the phase of $phase after $share of it', async (moment) => {
  const result = await killedRestore(scene, moment);
  reached.set(result.reached, (reached.get(result.reached) ?? 0) + 1);
  expect(result).toMatchObject({ completed: true, undoneAfter: true });
  expect(result.undone).not.toBe(false);
});

test('the counts', () => {
  for (const [where, count] of reached) process.stdout.write(`count killed-${where.replaceAll(' ', '-')} ${count}\n`);
  expect(reached.size).toBeGreaterThan(0);
});
