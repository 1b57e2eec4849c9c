import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { dice } from '../fuzz/mutator.ts';
import { drawMutants, mutableFiles, withMutant } from './mutant.ts';

const files = [join(__dirname, 'mutant.ts'), join(__dirname, 'points.ts')];

test('a seed decides which mutants are drawn', () => {
  expect(drawMutants(files, 9, dice(1))).toEqual(drawMutants(files, 9, dice(1)));
  expect(drawMutants(files, 9, dice(1))).not.toEqual(drawMutants(files, 9, dice(2)));
});

test('no mutant is drawn twice, and a sample has at most all points', () => {
  const all = drawMutants(files, 100_000, dice(1));
  expect(new Set(all.map(({ file, start, text }) => `${file} ${start} ${text}`)).size).toBe(all.length);
});

test('a mutant changes the line that it names, and what begins there', () => {
  for (const mutant of drawMutants(files, 20, dice(3))) {
    const source = readFileSync(mutant.file, 'utf8');
    const changed = withMutant(source, mutant).split('\n');
    const first = source.split('\n').findIndex((line, index) => line !== changed[index]);
    expect(first + 1).toBe(mutant.line);
  }
});

test('tests, what is made for tests, and entry points have no mutants', () => {
  const names = mutableFiles(join(__dirname, '../../packages/ext-core')).join('\n');
  expect(names).toContain('src/structures/mmp.ts');
  expect(names).not.toMatch(/\.test\.ts|\/testing|index\.ts/);
});
