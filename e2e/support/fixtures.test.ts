import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { FIXTURE_NEEDS, fixture, RECIPES, recipesLeftOut, recipesOfThisRun } from './fixtures.ts';
import { cE2image, describeNeeds, e2fsck, ROOT, testNeeds } from './oracle.ts';

test('recipes have names of their own, and there are at least sixty', () => {
  const names = RECIPES.map((recipe) => recipe.name);
  expect(new Set(names).size).toBe(names.length);
  expect(names.length).toBeGreaterThanOrEqual(60);
  expect(RECIPES.filter((recipe) => recipe.fast).length).toBeGreaterThanOrEqual(20);
});

for (const name of recipesLeftOut()) testNeeds(['loop'], name, () => {});

describeNeeds([...FIXTURE_NEEDS, 'e2image'], 'a recipe', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(ROOT, 'dist/e2e-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test.each(recipesOfThisRun())('$name makes a file system that the C programs take', (recipe) => {
    const image = fixture(recipe);
    const { status, text } = e2fsck(image);
    // A recipe without damage must be clean: a mistake of the recipe would look like one of ours.
    if (recipe.damage === undefined) expect({ status, text }).toEqual({ status: 0, text: expect.anything() });
    else expect(status).not.toBe(0);
    if (recipe.cRefuses) expect(cE2image(['-r', image, join(folder, 'raw')]).status).not.toBe(0);
    else expect(cE2image(['-r', image, join(folder, 'raw')])).toMatchObject({ status: 0 });
    rmSync(join(folder, 'raw'), { force: true });
  });
});
