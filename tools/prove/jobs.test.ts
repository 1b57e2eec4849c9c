import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { hostile } from './hostile.ts';
import { matrix } from './matrix.ts';
import { moveKills, movePowerCuts } from './move.ts';
import { mutants } from './mutants.ts';
import { mutations } from './mutations.ts';
import { restoreKills } from './restore.ts';

const REPOSITORY = join(__dirname, '../..');

// A job that finds no test file fails only after the hours of the jobs before it. The matrix lists the files itself.
test.each([hostile, mutations, restoreKills, moveKills, movePowerCuts])('$name finds its test file', ({ slices }) => {
  const [program = '', ...args] = slices(1)[0]?.command ?? [];
  const { stdout } = spawnSync(program, [...args, '--listTests'], { cwd: REPOSITORY, encoding: 'utf8' });
  expect(stdout.trim().split('\n')).toEqual([expect.stringMatching(/\.(?:test|prove)\.ts$/)]);
});

test('the matrix runs every end-to-end test on both runtimes', () => {
  const commands = matrix.slices(1).map(({ command }) => command.at(-1));
  expect(commands.length).toBeGreaterThan(60);
  expect(new Set(commands).size).toBe(commands.length / 2);
  expect(commands).toContain('**/raw/compat.test.ts');
});

test('mutants are drawn from at least 200 points, by the seed of the run', () => {
  const slices = mutants.slices(7);
  const counts = slices.map(({ command }) => Number(command[command.indexOf('--count') + 1]));
  expect(counts.reduce((sum, count) => sum + count, 0)).toBeGreaterThanOrEqual(200);
  for (const { command } of slices) expect(command.join(' ')).toContain('--seed 7');
});
