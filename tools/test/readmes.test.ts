import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { publicFaces } from './public-names.ts';
import { examplesIn, namesIn, readmes } from './readmes.ts';

const REPOSITORY = join(__dirname, '../..');
const all = readmes(REPOSITORY);

test('the examples of all READMEs compile against the sources', () => {
  mkdirSync(join(REPOSITORY, 'dist'), { recursive: true });
  // Below the repository, so that the names of packages resolve.
  const folder = mkdtempSync(join(REPOSITORY, 'dist/readmes-'));
  try {
    for (const { folder: origin, examples } of all) {
      examples.forEach((example, index) => {
        writeFileSync(join(folder, `${basename(origin)}-${index + 1}.ts`), example);
      });
    }
    const config = {
      extends: '../../tsconfig.base.json',
      compilerOptions: {
        rootDir: REPOSITORY,
        noEmit: true,
        composite: false,
        tsBuildInfoFile: null,
        // An example may end with its result.
        noUnusedLocals: false,
      },
      include: ['*.ts', '../../packages/*/src/**/*.d.ts'],
    };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
    const tsc = join(REPOSITORY, 'node_modules/.bin/tsc');
    const { status, stdout } = spawnSync(tsc, ['-p', folder, '--pretty', 'false'], { cwd: folder, encoding: 'utf8' });
    expect(stdout).toBe('');
    expect(status).toBe(0);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('every library has an example', () => {
  const without = all.filter(({ examples, names }) => names.length > 0 && examples.length === 0);
  expect(without.map(({ folder }) => folder)).toEqual([]);
});

test.each(publicFaces(REPOSITORY))('each name that the README of $name lists is exported', ({ folder, names }) => {
  const listed = all.find((readme) => readme.folder === folder)?.names ?? [];
  expect(listed.filter((name) => !names.includes(name))).toEqual([]);
});

test('examples are the blocks marked as TypeScript, names the first column of one table', () => {
  const text = [
    '# a',
    '```sh\nls\n```',
    '```ts\nconst a = 1;\n```',
    '## What you get\n',
    '| name | in one line |',
    '| ---- | ----------- |',
    '| `a`, `B.c`, `...Layout` | `d` |',
    '| `./testing` | for tests |\n',
    '## Errors\n',
    '| `e` | |',
  ].join('\n');
  expect(examplesIn(text)).toEqual(['const a = 1;\n']);
  expect(namesIn(text)).toEqual(['a', 'B']);
  expect(namesIn(text.slice(0, text.indexOf('## Errors')))).toEqual(['a', 'B']);
});
