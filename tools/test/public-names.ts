import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** What a package gives to others. */
export interface PublicFace {
  /** As in package.json. */
  readonly name: string;
  /** From the root of the repository: `packages/qcow2`. */
  readonly folder: string;
  /** Names of the entry points, without those for tests; sorted. */
  readonly names: readonly string[];
  /** Those that no other package, no tool and no end-to-end test imports, and the README does not name. */
  readonly unused: readonly string[];
}

/** Every package of a repository with the names that its entry points export. */
export function publicFaces(repository: string): PublicFace[] {
  const sources = trackedSources(repository);
  return readdirSync(join(repository, 'packages'))
    .map((folder) => join('packages', folder))
    .filter((folder) => existsSync(join(repository, folder, 'package.json')))
    .map((folder) => {
      const { name, exports } = JSON.parse(readFileSync(join(repository, folder, 'package.json'), 'utf8'));
      const entries = Object.entries<Record<string, string>>(exports ?? {})
        .filter(([subpath]) => subpath !== './testing')
        .map(([, conditions]) => join(repository, folder, conditions['@e2image/source'] ?? ''));
      const names = [...new Set(entries.flatMap((entry) => exportedNames(readFileSync(entry, 'utf8'))))].sort();
      const elsewhere = sources.filter(({ path }) => !path.startsWith(`${folder}/`));
      const imported = new Set(elsewhere.flatMap(({ text }) => importedNames(text, name)));
      const readme = readFileSync(join(repository, folder, 'README.md'), 'utf8');
      const isNamed = (word: string): boolean => new RegExp(String.raw`\b${word}\b`).test(readme);
      return { name, folder, names, unused: names.filter((word) => !imported.has(word) && !isNamed(word)) };
    });
}

/** The names that a source file exports, re-exports included. */
export function exportedNames(source: string): string[] {
  const declared = source.matchAll(
    /^export (?:async )?(?:abstract )?(?:const|function\*?|class|interface|type) (\w+)/gm,
  );
  const listed = source.matchAll(/^export (?:type )?\{([^}]*)\}/gm);
  return [...[...declared].map(([, name = '']) => name), ...[...listed].flatMap(([, list = '']) => namesIn(list, 1))];
}

/** The names that a source file imports from a package, or from a subpath of it; by `import()` too. */
export function importedNames(source: string, packageName: string): string[] {
  const from = String.raw`'${packageName}(?:/[\w-]+)?'`;
  const listed = source.matchAll(new RegExp(String.raw`(?:import|export) (?:type )?\{([^}]*)\} from ${from}`, 'g'));
  const names = [...listed].flatMap(([, list = '']) => namesIn(list, 0));
  // What `import()` gives is taken apart somewhere in the file.
  return new RegExp(String.raw`import\(${from}\)`).test(source) ? [...names, ...(source.match(/\w+/g) ?? [])] : names;
}

/** @param side of `a as b`: 0 for `a`, 1 for `b` */
const namesIn = (list: string, side: 0 | 1): string[] =>
  list
    .replace(/\/\*.*?\*\/|\/\/[^\n]*/gs, '')
    .split(',')
    .map((entry) => entry.trim().replace(/^type /, ''))
    .filter((entry) => entry !== '')
    .map((entry) => entry.split(/ as /)[side] ?? entry);

/** Sources that git knows. */
function trackedSources(repository: string): { path: string; text: string }[] {
  const list = execFileSync('git', ['ls-files', '*.ts'], { cwd: repository, encoding: 'utf8' });
  return list
    .split('\n')
    .filter((path) => path !== '' && existsSync(join(repository, path)))
    .map((path) => ({ path, text: readFileSync(join(repository, path), 'utf8') }));
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  let total = 0;
  for (const { name, names, unused } of publicFaces(process.argv[2] ?? '.')) {
    total += names.length;
    console.log(
      `${name}: ${names.length} names, ${unused.length} unused${unused.map((word) => `\n  ${word}`).join('')}`,
    );
  }
  console.log(`${total} names`);
}
