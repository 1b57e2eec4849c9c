import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { textOnly } from './text-only.ts';

const REPOSITORY = join(__dirname, '../..');

/** The texts of the comments that keep a peculiarity of the C program: from `COMPAT` to the end of the comment. */
function compatComments(source: string): string[] {
  const comments = textOnly(source).split('\0');
  return comments.flatMap((text) => (/\bCOMPAT\b/.test(text) ? [text.replace(/\s+/g, ' ').trim()] : []));
}

const all = readdirSync(join(REPOSITORY, 'packages'), { recursive: true, encoding: 'utf8' })
  .filter((path) => /^[^/]+\/src\/.*\.ts$/.test(path))
  .flatMap((path) =>
    compatComments(readFileSync(join(REPOSITORY, 'packages', path), 'utf8')).map((text) => ({ path, text })),
  );

test('comments are found, also those of several lines', () => {
  expect(all.length).toBeGreaterThanOrEqual(4);
  expect(compatComments("// COMPAT: a;\n// e2e/b.test.ts.\nconst COMPAT = 'c';\n")).toEqual([
    'COMPAT: a; e2e/b.test.ts.',
  ]);
});

test.each(all)('$path: "$text" names end-to-end tests that exist', ({ text }) => {
  const named = text.match(/e2e\/[\w/-]+\.test\.ts/g) ?? [];
  expect(named).not.toEqual([]);
  expect(named.filter((test) => !existsSync(join(REPOSITORY, test)))).toEqual([]);
});
