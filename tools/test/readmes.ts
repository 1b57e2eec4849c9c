import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What the README of a package promises to a program. */
export interface Readme {
  /** From the root of the repository: `packages/qcow2`. */
  readonly folder: string;
  /** Its TypeScript examples, in order. */
  readonly examples: readonly string[];
  /** Names in the first column of the table "What you get"; of `Class.method` the class. */
  readonly names: readonly string[];
}

/** The README of each package. @throws system errors, when a package has none */
export const readmes = (repository: string): Readme[] =>
  readdirSync(join(repository, 'packages')).map((name) => {
    const text = readFileSync(join(repository, 'packages', name, 'README.md'), 'utf8');
    return { folder: join('packages', name), examples: examplesIn(text), names: namesIn(text) };
  });

/** The blocks of a document that are marked as TypeScript. */
export const examplesIn = (text: string): string[] =>
  [...text.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, example = '']) => example);

/** The names that the section "What you get" lists. `...Layout` stands for several names, and `./testing` for a subpath. */
export function namesIn(text: string): string[] {
  const section = /^## What you get\n(.*?)^## /ms.exec(`${text}\n## `)?.[1] ?? '';
  const cells = section.split('\n').flatMap((line) => /^\|([^|]*)\|/.exec(line)?.[1] ?? []);
  const quoted = cells.flatMap((cell) => [...cell.matchAll(/`([^`]*)`/g)].map(([, name = '']) => name));
  return quoted.filter((name) => /^\w+(\.\w+)?$/.test(name)).map((name) => name.replace(/\..*/, ''));
}
