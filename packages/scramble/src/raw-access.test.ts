import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Files that read or write numbers by offsets of their own, and why they are not fields of a structure. */
const ALLOWED: Readonly<Record<string, string>> = {
  'names/hash-seed.ts': 'a seed is made of two digests',
  'scrambler.ts': 'a long key is folded into 16 bytes',
  'secret/keyed-hash.ts': 'the words of a key',
};

const RAW_ACCESS = /\.[gs]et(?:Big)?(?:Uint|Int)\d+\(/;

test('structures are read and written through the layouts of ext-core', () => {
  const sources = readdirSync(__dirname, { recursive: true, encoding: 'utf8' }).filter(
    (path) => path.endsWith('.ts') && !path.endsWith('.test.ts') && !path.startsWith('testing'),
  );
  const found = sources.filter((path) => RAW_ACCESS.test(readFileSync(join(__dirname, path), 'utf8')));
  expect(sources.length).toBeGreaterThan(40);
  expect(found.sort()).toEqual(Object.keys(ALLOWED));
});
