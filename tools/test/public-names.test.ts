import { join } from 'node:path';
import { exportedNames, importedNames, publicFaces } from './public-names.ts';

const REPOSITORY = join(__dirname, '../..');

test.each(publicFaces(REPOSITORY))(
  'every name that $name exports is used elsewhere or is in its README',
  ({ unused }) => {
    expect(unused).toEqual([]);
  },
);

test('exports are found as declarations and in lists', () => {
  const source = [
    'export const a = 1;',
    'export async function b() {}',
    'export interface C {}',
    "export { d, type E, f as g } from './d.ts';",
    'const h = 1;',
    "export {\n  // a comment, with a comma\n  i,\n} from './i.ts';",
  ];
  expect(exportedNames(source.join('\n'))).toEqual(['a', 'b', 'C', 'd', 'E', 'g', 'i']);
});

test('imports are found from the package and its subpaths, and from nothing else', () => {
  const source = [
    "import { a, type B, c as d } from '@e2image/qcow2';",
    "import type { E } from '@e2image/qcow2/walk';",
    "import { f } from '@e2image/qcow2-tool';",
    "export { g } from '@e2image/qcow2';",
  ];
  expect(importedNames(source.join('\n'), '@e2image/qcow2')).toEqual(['a', 'B', 'c', 'E', 'g']);
});

test('a file that loads a package at run time may use every name that it mentions', () => {
  expect(importedNames("import('e2image').then(({ main }) => main())", 'e2image')).toContain('main');
});
