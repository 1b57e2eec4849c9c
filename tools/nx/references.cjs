// The generator `references` of `nx sync`. CommonJS, because nx loads it with `require`; and plain JavaScript, because Node
// 20 takes no other without a compiler that we do not have.
const { posix } = require('node:path');

/** An import or a re-export from a package, at the beginning of a line; or one at run time. */
const IMPORTS = [/^(?:(?:import|export)\b[^'"\n]*|\} from) ?'([^'.][^']*)'/gm, /\bimport\('([^'.][^']*)'\)/g];

/**
 * Write the `references` of every tsconfig.json: of a project those packages of the workspace that its sources import,
 * tests included, in alphabetical order; of the root all projects.
 *
 * @param tree as nx gives it: `read`, `write`, `exists`, `isFile`, `children`
 */
module.exports = function references(tree) {
  const packages = tree.children('packages').map((name) => `packages/${name}`);
  const projects = [...packages, 'tools', 'e2e'].filter((folder) => tree.exists(`${folder}/tsconfig.json`));
  const folderOf = new Map(
    packages
      .filter((folder) => tree.exists(`${folder}/package.json`))
      .map((folder) => [JSON.parse(tree.read(`${folder}/package.json`, 'utf-8')).name, folder]),
  );
  for (const project of projects) {
    const imported = new Set(sources(tree, project).flatMap((path) => importedPackages(tree.read(path, 'utf-8'))));
    const folders = [...imported].flatMap((name) => folderOf.get(name) ?? []).filter((folder) => folder !== project);
    writeReferences(
      tree,
      `${project}/tsconfig.json`,
      folders.sort().map((folder) => posix.relative(project, folder)),
    );
  }
  writeReferences(tree, 'tsconfig.json', projects);
  return { outOfSyncMessage: 'the references of some tsconfig.json differ from the imports' };
};

/** Names of the packages that a source file imports, without the subpath. */
const importedPackages = (text) =>
  IMPORTS.flatMap((pattern) => [...text.matchAll(pattern)].map(([, name]) => /^(?:@[^/]+\/)?[^/]+/.exec(name)[0]));

function sources(tree, folder) {
  return tree.children(folder).flatMap((name) => {
    const path = `${folder}/${name}`;
    if (tree.isFile(path)) return name.endsWith('.ts') ? [path] : [];
    return ['dist', 'node_modules'].includes(name) ? [] : sources(tree, path);
  });
}

/** Change nothing else in the file, and not even that when the list is right. */
function writeReferences(tree, path, folders) {
  const before = tree.read(path, 'utf-8');
  const list = JSON.stringify(
    folders.map((folder) => ({ path: folder })),
    undefined,
    2,
  ).replaceAll('\n', '\n  ');
  const after = before.replace(/"references": \[[^\]]*\]/, `"references": ${list}`);
  if (after !== before) tree.write(path, after);
}
