import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { copyOf, FIXTURE_NEEDS, fixture } from './fixtures.ts';
import { cE2image, debugfs, type Outcome, ours, ROOT, run } from './oracle.ts';
import type { Places } from './wipe.ts';

/** What the tests of e2image-restore need of the machine. */
export const RESTORE_NEEDS = [...FIXTURE_NEEDS, 'e2image', 'dumpe2fs'] as const;

/** Kinds of blocks that an image puts back, as `placesOf` names them. */
export const KINDS: readonly (keyof Omit<Places, 'blockSize' | 'allTables'>)[] = [
  'superblock',
  'descriptors',
  'bitmaps',
  'inodeTables',
];

// One folder for each test file: jest loads this module for each of them.
let folder = '';
beforeAll(() => {
  mkdirSync(join(ROOT, 'dist'), { recursive: true });
  folder = mkdtempSync(join(ROOT, 'dist/e2e-restore-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A path in the folder of this test file. */
export const file = (name: string): string => join(folder, name);

/** Run e2image-restore. */
export const restore = (args: readonly string[], options: { input?: Uint8Array } = {}): Outcome =>
  ours(args, { tool: 'e2image-restore', ...options });

/** Whether two files have the same bytes. */
export const same = (a: string, b: string): boolean => run('cmp', ['-s', a, b]).status === 0;

/** A fixture, an image of it by the C program, and a copy of it to spoil. */
export function scene(
  name: string,
  format: 'normal' | 'raw' | 'QCOW2' = 'normal',
): { source: string; image: string; device: string } {
  const source = fixture(name);
  const image = file(`${name}.${format}`);
  rmSync(image, { force: true });
  const letter = { normal: [], raw: ['-r'], QCOW2: ['-Q'] }[format];
  expect(cE2image([...letter, source, image]).status).toBe(0);
  return { source, image, device: copyOf(source, file('device')) };
}

/** Put a transaction into the journal that nobody replays. */
export function dirtyJournal(image: string): void {
  const outcome = debugfs(['-w', '-f', '-', image], { input: 'jo\njw -b 1000 /dev/zero\njc\n' });
  expect(outcome.stderr.split('\n').slice(1).join('')).toBe('');
}
