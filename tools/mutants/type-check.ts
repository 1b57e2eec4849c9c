import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Mutant, withMutant } from './mutant.ts';

/** Name of a copy of a file beside it: number 0 is unchanged, the others hold one mutant each. */
const copyOf = (file: string, number: number): string => file.replace(/\.ts$/, `.mutant-${number}.ts`);

/**
 * Leave out the mutants that the TypeScript compiler rejects. All are checked in one run, in a copy of the sources in
 * which each mutant is a file beside the original.
 *
 * @param packageRoot relative to the root of the repository, which is the current folder
 */
export function compiling(packageRoot: string, mutants: readonly Mutant[]): Mutant[] {
  const folder = resolve('dist/mutants/types', packageRoot);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  cpSync(join(packageRoot, 'src'), join(folder, 'src'), { recursive: true });
  const files = [...new Set(mutants.map(({ file }) => file))];
  const copies = [
    ...files.map((file) => ({ name: copyOf(file, 0), text: readFileSync(file, 'utf8') })),
    ...mutants.map((mutant, index) => ({
      name: copyOf(mutant.file, index + 1),
      text: withMutant(readFileSync(mutant.file, 'utf8'), mutant),
    })),
  ];
  for (const { name, text } of copies) writeFileSync(resolve('dist/mutants/types', name), text);
  const rejected = rejectedFiles(
    folder,
    copies.map(({ name }) => resolve('dist/mutants/types', name)),
  );
  rmSync(folder, { recursive: true });
  // Where the unchanged copy is rejected (a class with private members does not fit its own copy), nothing is known.
  const isRejected = (name: string): boolean => rejected.some((path) => path.endsWith(name));
  return mutants.filter(({ file }, index) => isRejected(copyOf(file, 0)) || !isRejected(copyOf(file, index + 1)));
}

/** Run the compiler over some files. @returns those with errors, relative to `folder` */
function rejectedFiles(folder: string, files: readonly string[]): string[] {
  const options = {
    extends: resolve('tsconfig.base.json'),
    compilerOptions: {
      rootDir: resolve('.'),
      composite: false,
      noEmit: true,
      // A condition that is always false leaves something unused; the program is one all the same.
      noUnusedLocals: false,
      noUnusedParameters: false,
      tsBuildInfoFile: null,
    },
    files,
  };
  const config = join(folder, 'tsconfig.json');
  writeFileSync(config, JSON.stringify(options));
  const { stdout, error } = spawnSync('node_modules/.bin/tsc', ['-p', config, '--pretty', 'false'], {
    encoding: 'utf8',
  });
  if (error) throw error;
  return [...new Set([...stdout.matchAll(/^([^\s(][^(]*)\(\d+,\d+\): error/gm)].map(([, path = '']) => path))];
}
