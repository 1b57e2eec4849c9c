import { join } from 'node:path';
import { allowedRooms, importsOf, MOST_FILES, readTree, roomComplaints, roomTrees, type Tree } from './rooms.ts';

const REPOSITORY = join(__dirname, '../..');

/** Two floors: `read` above `base`. */
const tree = (changed: Partial<Tree> = {}): Tree => ({
  name: 'src',
  sources: [],
  files: [
    { path: 'index.ts', imports: ['read/reader.ts'] },
    { path: 'read/reader.ts', imports: ['base/errors.ts'] },
    { path: 'base/errors.ts', imports: [] },
  ],
  readmes: new Map([
    ['read', '# read\n\nReads.\n\nMay import: base.\n'],
    ['base', '# base\n\nErrors.\n\nMay import: nothing.\n'],
  ]),
  ...changed,
});

const withFile = (path: string, ...imports: string[]): Tree => tree({ files: [...tree().files, { path, imports }] });

test.each(roomTrees(REPOSITORY))('%s imports as its rooms say', (root) => {
  expect(roomComplaints(readTree(join(REPOSITORY, root)))).toEqual([]);
});

test('a tree as its READMEs say has no faults', () => {
  expect(roomComplaints(tree())).toEqual([]);
});

test('an upward arrow is named with its file', () => {
  expect(roomComplaints(withFile('base/lru.ts', 'read/reader.ts'))).toEqual([
    'src/base: base/lru.ts imports read, which its README does not allow',
  ]);
});

test('a room may not import a file beside the rooms', () => {
  expect(roomComplaints(withFile('base/lru.ts', 'index.ts'))).toEqual([
    'src/base: base/lru.ts imports a file beside the rooms, which its README does not allow',
  ]);
});

test.each([
  ['index.ts', 'testing/tiny.ts'],
  ['base/lru.ts', 'testing.ts'],
  ['base/lru.ts', 'base/errors.test.ts'],
  ['read/reader.ts', 'read/disk.fixture.ts'],
])('production code may not import what is for tests: %s, %s', (path, target) => {
  expect(roomComplaints(withFile(path, target))).toContain(`src: ${path} imports ${target}, which is for tests`);
});

test.each([
  ["import { a } from './a.ts';", ['base/a.ts']],
  ['export { a } from "./a.ts";', ['base/a.ts']],
  ["import type {\n  A,\n} from './a.ts';", ['base/a.ts']],
  ["await import(/* now */ './a.ts')", ['base/a.ts']],
  ['await import(`./a.ts`)', ['base/a.ts']],
  ["require('./a.ts')", ['base/a.ts']],
  ["import { a } from '@e2image/here';", ['index.ts']],
  ["import { a } from '@e2image/here/walk';", ['index.ts']],
  ["import { a } from '@e2image/other';", []],
  ["import { a } from '@e2image/other/testing';", ['testing.ts']],
  ["import { join } from 'node:path';", []],
])('imports of base/b.ts: %s', (text, imports) => {
  expect(importsOf('base/b.ts', text, '@e2image/here')).toEqual(imports);
});

test('tests of a package are left out, those of e2e are not', () => {
  const paths = (root: string) => readTree(join(REPOSITORY, root)).files.map((file) => file.path);
  expect(paths('packages/qcow2/src').filter((path) => path.includes('.test.'))).toEqual([]);
  expect(paths('e2e')).toContain('raw/compat.test.ts');
});

test('a declared upward arrow is a cycle', () => {
  const readmes = new Map([...tree().readmes, ['base', 'May import: read.\n']]);
  const files = [...tree().files, { path: 'base/lru.ts', imports: ['read/reader.ts'] }];
  expect(roomComplaints(tree({ readmes, files }))).toEqual(['src: cycle read -> base -> read']);
});

test('a room without a README, a room that is not there and an arrow that nobody uses are named', () => {
  const readmes = new Map([
    ['read', undefined],
    ['base', 'May import: read, utils.\n'],
  ]);
  expect(roomComplaints(tree({ readmes }))).toEqual([
    'src/read: README.md with a line "May import: ..." is missing',
    'src/read: read/reader.ts imports base, which its README does not allow',
    'src/base: README.md allows read, which nothing imports',
    'src/base: README.md names utils, which is not a room',
  ]);
});

test('a folder with too many source files is named', () => {
  const many = Array.from({ length: MOST_FILES + 1 }, (_, index) => `testing/file-${index}.ts`);
  expect(roomComplaints(tree({ sources: many.slice(1) }))).toEqual([]);
  expect(roomComplaints(tree({ sources: many }))).toEqual(['src/testing: 21 source files, at most 20 are allowed']);
});

test('the source files of a tree are all but tests', () => {
  const { sources } = readTree(join(REPOSITORY, 'packages/scramble/src'));
  expect(sources).toEqual(expect.arrayContaining(['index.ts', 'testing/all-zero.ts']));
  expect(sources.filter((path) => path.endsWith('.test.ts'))).toEqual([]);
});

test('the line of a README is a list that ends with a full stop', () => {
  expect(allowedRooms('May import: a, b.\n')).toEqual(['a', 'b']);
  expect(allowedRooms('It may import: a.\n')).toBeUndefined();
});
