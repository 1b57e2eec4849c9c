import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, normalize } from 'node:path';

/** Source files that one folder may hold: beyond that nobody finds a file by its name. */
export const MOST_FILES = 20;

/** The room of files beside the rooms: `index.ts`, `main.ts`. They may import every room; no room may import them. */
const ROOT = '';

/** The room of what is made for tests: like tests it may import every room, and no production file may import it. */
const TESTING = 'testing';

/** A file of a tree, with the relative imports in it. Paths are below the tree. */
interface TreeFile {
  readonly path: string;
  readonly imports: readonly string[];
}

/** A tree of rooms: the sources of a package, `e2e` or `tools`. */
export interface Tree {
  /** For messages. */
  readonly name: string;
  /** Of a package without its tests and what is made for them: those may import every room. */
  readonly files: readonly TreeFile[];
  /** Paths of all source files, helpers of tests too; not tests. */
  readonly sources: readonly string[];
  /** By room: the text of its README.md; undefined where none exists. */
  readonly readmes: ReadonlyMap<string, string | undefined>;
}

/** The first folder of a path, or `ROOT`. */
const roomOf = (path: string): string => (path.includes('/') ? path.slice(0, path.indexOf('/')) : ROOT);

/** Tests and what is made for them. */
/** Whether a file has tests; helpers of tests are source files. */
const isTest = (path: string): boolean => /\.(test|prove)\.m?ts$/.test(path);

const isForTests = (path: string): boolean =>
  /\.(test|prove|fixture|test\.kit)\.m?ts$/.test(path) || roomOf(path) === TESTING || path === 'testing.ts';

/**
 * The rooms that a README allows: its line `May import: a, b.`, where `nothing` stands for none.
 *
 * @returns undefined for a README without that line
 */
export function allowedRooms(readme: string): string[] | undefined {
  const list = /^May import: ([^.]*)\.$/m.exec(readme)?.[1];
  if (list === undefined) return undefined;
  return list === 'nothing' ? [] : list.split(',').map((room) => room.trim());
}

/** The arrows that the files of a tree draw between rooms. @returns by room: the rooms that it imports, with one file each */
function drawnArrows({ files }: Tree): Map<string, Map<string, string>> {
  const drawn = new Map<string, Map<string, string>>();
  for (const { path, imports } of files) {
    for (const target of imports) {
      const [from, to] = [roomOf(path), roomOf(target)];
      if (from === to) continue;
      const arrows = drawn.get(from) ?? new Map<string, string>();
      drawn.set(from, arrows.set(to, path));
    }
  }
  return drawn;
}

/**
 * Compare the rooms of a tree with what their READMEs say.
 *
 * @returns one line per fault: a folder with too many files, a room without a README, an arrow that is not declared, is
 *   declared and not used, or is part of a cycle
 */
export function roomComplaints(tree: Tree): string[] {
  const drawn = drawnArrows(tree);
  const declared = new Map<string, readonly string[]>();
  const complaints = [...fullFolders(tree), ...testImports(tree)];
  for (const [room, readme] of tree.readmes) {
    const allowed = readme === undefined ? undefined : allowedRooms(readme);
    const place = `${tree.name}/${room}`;
    if (room === TESTING && readme !== undefined) continue;
    if (allowed === undefined) complaints.push(`${place}: README.md with a line "May import: ..." is missing`);
    declared.set(room, allowed ?? []);
    for (const [to, file] of drawn.get(room) ?? []) {
      if (allowed?.includes(to) !== true) {
        complaints.push(
          `${place}: ${file} imports ${to || 'a file beside the rooms'}, which its README does not allow`,
        );
      }
    }
    for (const to of allowed ?? []) {
      if (!tree.readmes.has(to)) complaints.push(`${place}: README.md names ${to}, which is not a room`);
      else if (!drawn.get(room)?.has(to)) complaints.push(`${place}: README.md allows ${to}, which nothing imports`);
    }
  }
  return [...complaints, ...cycles(declared).map((cycle) => `${tree.name}: cycle ${cycle.join(' -> ')}`)];
}

/** Production files that import what is made for tests, of their own package or of another. */
const testImports = ({ name, files }: Tree): string[] =>
  files.flatMap(({ path, imports }) =>
    imports.filter(isForTests).map((target) => `${name}: ${path} imports ${target}, which is for tests`),
  );

function fullFolders({ name, sources }: Tree): string[] {
  const counts = new Map<string, number>();
  for (const path of sources) {
    counts.set(dirname(path), (counts.get(dirname(path)) ?? 0) + 1);
  }
  return [...counts].flatMap(([folder, count]) =>
    count > MOST_FILES ? [`${join(name, folder)}: ${count} source files, at most ${MOST_FILES} are allowed`] : [],
  );
}

/** A cycle for each room from which a way leads back to it; the same cycle is named once. */
function cycles(arrows: ReadonlyMap<string, readonly string[]>): string[][] {
  const found: string[][] = [];
  const done = new Set<string>();
  const visit = (room: string, way: readonly string[]): void => {
    const start = way.indexOf(room);
    if (start >= 0) found.push([...way.slice(start), room]);
    if (start >= 0 || done.has(room)) return;
    for (const next of arrows.get(room) ?? []) visit(next, [...way, room]);
    done.add(room);
  };
  for (const room of arrows.keys()) visit(room, []);
  return found;
}

/** A module that is imported: relative, of our packages, or anything else. */
const IMPORT = /\b(?:from|import|require)\s*\(?\s*(?:\/\*.*?\*\/\s*)?(['"`])([^'"`\n]+)\1/g;

/**
 * The files of a tree that a file imports. A package that imports itself by its name imports its `index.ts`; the entry
 * `testing` of another package is `testing.ts`.
 */
export function importsOf(path: string, text: string, packageName: string | undefined): string[] {
  return [...text.matchAll(IMPORT)].flatMap(([, , target = '']) => {
    if (target.startsWith('.')) return [normalize(join(dirname(path), target))].filter((to) => !to.startsWith('..'));
    if (packageName === undefined) return [];
    if (target.startsWith('@e2image/') && target.endsWith('/testing')) return ['testing.ts'];
    return target === packageName || target.startsWith(`${packageName}/`) ? ['index.ts'] : [];
  });
}

/** The name of the package whose sources are at `root`; undefined for `e2e` and `tools`. */
function packageNameOf(root: string): string | undefined {
  if (basename(root) !== 'src') return undefined;
  const { name }: { name: string } = JSON.parse(readFileSync(join(root, '../package.json'), 'utf8'));
  return name;
}

/** Read a tree from disk. A tree without folders has no rooms. */
export function readTree(root: string): Tree {
  const paths = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter(
    (path) => /(?<!\.d)\.m?ts$/.test(path) && !/(^|\/)(node_modules|dist)\//.test(path),
  );
  const packageName = packageNameOf(root);
  const sources = packageName !== undefined ? paths.filter((path) => !isForTests(path)) : paths;
  const files = sources.map((path): TreeFile => {
    const text = readFileSync(join(root, path), 'utf8');
    return { path, imports: importsOf(path, text, packageName) };
  });
  const rooms = new Set(paths.map(roomOf).filter((room) => room !== ROOT));
  const readmes = [...rooms].map((room): [string, string | undefined] => {
    const file = join(root, room, 'README.md');
    return [room, existsSync(file) ? readFileSync(file, 'utf8') : undefined];
  });
  return { name: root, files, sources: paths.filter((path) => !isTest(path)), readmes: new Map(readmes) };
}

/** Every tree that is checked, below the repository: one without folders has no rooms, and must stay small. */
export const roomTrees = (repository: string): string[] => [
  ...readdirSync(join(repository, 'packages')).map((name) => join('packages', name, 'src')),
  'e2e',
  'tools',
];
