import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const README = readFileSync(join(__dirname, '../README.md'), 'utf8');
const INDEX = readFileSync(join(__dirname, 'index.ts'), 'utf8');

test('the README names everything that the package exports', () => {
  const names = [...INDEX.matchAll(/\{([^}]*)\}/g)].flatMap(([, list = '']) =>
    list
      .split(',')
      .map((name) => name.replace('type ', '').trim())
      .filter((name) => name !== ''),
  );
  expect(names.length).toBeGreaterThan(50);
  expect(names.filter((name) => !new RegExp(`\`${name}\``).test(README))).toEqual([]);
});
