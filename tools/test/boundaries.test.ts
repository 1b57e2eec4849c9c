import { join } from 'node:path';
import { ARROWS, boundaryComplaints, type Manifest, readManifests } from './boundaries.ts';

/** A house as it is drawn, with one package changed. */
function house(changed?: Manifest): Manifest[] {
  return Object.entries(ARROWS).map(([name, allowed]) =>
    name === changed?.name ? changed : { name, dependencies: Object.fromEntries(allowed.map((other) => [other, '0'])) },
  );
}

test('the packages of this repository are as drawn', () => {
  expect(boundaryComplaints(readManifests(join(__dirname, '../../packages')))).toEqual([]);
});

test('the drawing itself keeps command lines out of libraries', () => {
  expect(boundaryComplaints(house())).toEqual([]);
});

test('an arrow that is not drawn is named', () => {
  const changed = { name: '@e2image/qcow2', optionalDependencies: { '@e2image/sparse-io': '0.0.0' } };
  expect(boundaryComplaints(house(changed))).toEqual(['@e2image/qcow2: may not depend on @e2image/sparse-io']);
});

test('a library may not reach a command line through another package either', () => {
  const changed = { name: '@e2image/ext-core', dependencies: { '@e2image/cli': '0.0.0' } };
  expect(boundaryComplaints(house(changed))).toContain('@e2image/scramble: a library reaches minimist');
});

test('a package that nobody drew, and one that is gone, are named', () => {
  expect(boundaryComplaints([...house().slice(1), { name: '@e2image/utils' }])).toEqual([
    '@e2image/utils: not in the graph of tools/test/boundaries.ts',
    '@e2image/ext-core: is in the graph, but there is no such package',
  ]);
});

test('every package has the targets that `npm test` runs', () => {
  for (const { name, nx, bin } of readManifests(join(__dirname, '../../packages'))) {
    const targets = ['test', 'typecheck', ...(bin === undefined ? [] : ['bundle'])];
    expect({ name, targets: Object.keys(nx?.targets ?? {}) }).toEqual({
      name,
      targets: expect.arrayContaining(targets),
    });
  }
});
