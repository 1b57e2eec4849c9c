import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const REPOSITORY = join(__dirname, '../..');
const manifests = ['.', ...readdirSync(join(REPOSITORY, 'packages')).map((name) => join('packages', name))].map(
  (folder) => JSON.parse(readFileSync(join(REPOSITORY, folder, 'package.json'), 'utf8')),
);
const version = manifests.find(({ name }) => name === '@e2image/cli')?.version;
const isOurs = (name: string): boolean => manifests.some((manifest) => manifest.name === name);

test('all packages have one version, and depend on it of each other', () => {
  expect(version).toMatch(/^\d+\.\d+\.\d+$/);
  for (const { name, version: own, private: isPrivate, ...lists } of manifests) {
    if (isPrivate !== true) expect({ name, version: own }).toEqual({ name, version });
    const wanted = Object.entries({ ...lists.dependencies, ...lists.devDependencies }).filter(([other]) =>
      isOurs(other),
    );
    for (const [other, range] of wanted) expect({ name, other, range }).toEqual({ name, other, range: version });
  }
});

test('no source file states a version of its own', () => {
  const sources = readdirSync(join(REPOSITORY, 'packages'), { recursive: true, encoding: 'utf8' }).filter(
    (path) => /\/src\/.*\.ts$/.test(path) && !/\.test\.ts$|(^|\/)(dist|node_modules)\//.test(path),
  );
  const stated = sources.filter((path) =>
    /version: ['"`]\d/.test(readFileSync(join(REPOSITORY, 'packages', path), 'utf8')),
  );
  expect(stated).toEqual([]);
});
