import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** What the generator uses of nx's file tree. */
interface Tree {
  exists(path: string): boolean;
  isFile(path: string): boolean;
  children(folder: string): string[];
  read(path: string): string;
  write(path: string, text: string): void;
}

const references: (tree: Tree) => void = jest.requireActual('./references.cjs');
const REPOSITORY = join(__dirname, '../..');

/** Files in memory; `written` has what was changed. */
function memoryTree(files: Record<string, string>): Tree & { readonly written: Record<string, string> } {
  const written: Record<string, string> = {};
  const childrenOf = (folder: string): string[] =>
    Object.keys(files).flatMap((path) => (path.startsWith(`${folder}/`) ? [path.slice(folder.length + 1)] : []));
  return {
    written,
    exists: (path) => path in files || childrenOf(path).length > 0,
    isFile: (path) => path in files,
    children: (folder) => [...new Set(childrenOf(folder).map((path) => path.split('/')[0] ?? ''))],
    read: (path) => files[path] ?? '',
    write: (path, text) => {
      written[path] = text;
    },
  };
}

const packageFiles = (name: string, source: string): Record<string, string> => ({
  [`packages/${name}/package.json`]: `{ "name": "@e2image/${name}" }`,
  [`packages/${name}/tsconfig.json`]: '{\n  "include": ["src"],\n  "references": []\n}\n',
  [`packages/${name}/src/index.ts`]: source,
});

test('the references of the repository are right: `npx nx sync` makes them so', () => {
  const written: string[] = [];
  references({
    exists: (path) => statSync(join(REPOSITORY, path), { throwIfNoEntry: false }) !== undefined,
    isFile: (path) => statSync(join(REPOSITORY, path)).isFile(),
    children: (folder) => readdirSync(join(REPOSITORY, folder)),
    read: (path) => readFileSync(join(REPOSITORY, path), 'utf8'),
    write: (path) => {
      written.push(path);
    },
  });
  expect(written).toEqual([]);
});

test('imports, re-exports and imports at run time make a reference; nothing else of the file changes', () => {
  const source = [
    "import { a } from '@e2image/b';",
    "import {\n  c,\n} from '@e2image/c/walk';",
    "export type { D } from '@e2image/d';",
    "const e = import('@e2image/e');",
    "import 'node:fs';",
    "import { f } from './f.ts';",
    'const text = "import { g } from \'@e2image/g\';";',
    "import { self } from '@e2image/a';",
  ];
  const others = ['b', 'c', 'd', 'e', 'g'].map((name) => packageFiles(name, ''));
  const tree = memoryTree(Object.assign(packageFiles('a', source.join('\n')), ...others));
  references(tree);
  const lists = ['b', 'c', 'd', 'e'].map((name) => `    {\n      "path": "../${name}"\n    }`).join(',\n');
  expect(tree.written).toEqual({
    'packages/a/tsconfig.json': `{\n  "include": ["src"],\n  "references": [\n${lists}\n  ]\n}\n`,
  });
});

test('the root refers to every project', () => {
  const files = { ...packageFiles('a', ''), 'e2e/tsconfig.json': '', 'tsconfig.json': '{ "references": [] }' };
  const tree = memoryTree(files);
  references(tree);
  expect(JSON.parse(tree.written['tsconfig.json'] ?? '')).toEqual({
    references: [{ path: 'packages/a' }, { path: 'e2e' }],
  });
});
