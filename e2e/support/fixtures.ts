import { createHash } from 'node:crypto';
import { constants, copyFileSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { withContent } from './content.ts';
import { LoopDevice, Mount } from './loop.ts';
import { find, missing, type Need, type Outcome, ROOT, run, tool } from './oracle.ts';
import type { Recipe } from './recipe.ts';
import { recipes as blockSizes } from './recipes/block-sizes.ts';
import { recipes as damaged } from './recipes/damaged.ts';
import { recipes as directories } from './recipes/directories.ts';
import { recipes as features } from './recipes/features.ts';
import { recipes as fileMaps } from './recipes/file-maps.ts';
import { recipes as layouts } from './recipes/layouts.ts';
import { recipes as mounted } from './recipes/mounted.ts';
import { recipes as sizes } from './recipes/sizes.ts';

/** Every recipe, in the order of the files in `recipes/`. */
export const RECIPES: readonly Recipe[] = [
  ...blockSizes,
  ...sizes,
  ...layouts,
  ...features,
  ...fileMaps,
  ...directories,
  ...mounted,
  ...damaged,
];

/**
 * The recipes of this run: all with E2E_ALL=1 (`npm run prove`), else those marked `fast`; what needs loop devices only
 * where there are some.
 */
export function recipesOfThisRun(): readonly Recipe[] {
  const all = process.env['E2E_ALL'] === '1';
  const canMount = missing(['loop']).length === 0;
  return RECIPES.filter((recipe) => (all || recipe.fast) && (canMount || recipe.mount === undefined));
}

/** The names of those that are left out because there are no loop devices, to be skipped by name. */
export function recipesLeftOut(): readonly string[] {
  if (missing(['loop']).length === 0) return [];
  return RECIPES.flatMap(({ name, fast, mount }) => (mount && (fast || process.env['E2E_ALL'] === '1') ? [name] : []));
}

/** What any recipe needs. */
export const FIXTURE_NEEDS: readonly Need[] = ['mke2fs', 'debugfs', 'e2fsck'];

/** Kept between runs, and never in the repository. */
const CACHE = process.env['E2E_FIXTURES'] || join(ROOT, 'dist/e2e-fixtures');

/** The clock of the tools stands still: 2023-11-14. */
const FIXED = {
  E2FSPROGS_FAKE_TIME: '1700000000',
  DEBUGFS_FAKE_TIME: '1700000000',
  SOURCE_DATE_EPOCH: '1700000000',
  MKE2FS_CONFIG: join(__dirname, 'mke2fs.conf'),
  MKE2FS_DEVICE_SECTSIZE: '512',
  TZ: 'UTC',
};
const UUID = '5ec7e755-0000-4000-8000-0123456789ab';

/** The recipe with this name. */
function recipe(name: string): Recipe {
  const found = RECIPES.find((candidate) => candidate.name === name);
  if (found === undefined) throw new Error(`no recipe is named ${name}`);
  return found;
}

/**
 * The file system of a recipe, made when it is not there yet.
 *
 * @returns the path of a file that belongs to the cache: read it, and use `copyOf` to change it
 */
export function fixture(what: Recipe | string): string {
  const wanted = typeof what === 'string' ? recipe(what) : what;
  const key = createHash('sha256')
    .update(JSON.stringify([wanted, FIXED, UUID, toolVersion()]))
    .digest('hex');
  const path = join(CACHE, `${wanted.name}.${key.slice(0, 12)}.img`);
  if (existsSync(path)) return path;
  mkdirSync(CACHE, { recursive: true });
  const folder = mkdtempSync(join(CACHE, 'making-'));
  try {
    const image = join(folder, 'image');
    make(wanted, image, join(folder, 'content'));
    renameSync(image, path);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return path;
}

/** A copy of a file that may be changed; holes stay holes. */
export function copyOf(image: string, to: string): string {
  if (find('cp') === undefined) copyFileSync(image, to, constants.COPYFILE_FICLONE);
  else must(run('cp', ['--sparse=always', image, to]), `cp ${image}`);
  return to;
}

function make(wanted: Recipe, image: string, content: string): void {
  const args = ['-q', '-F', '-U', UUID, ...withContent(wanted.mke2fs, content).split(' ').filter(Boolean)];
  must(tool('mke2fs', [...withHashSeed(args), image, wanted.size], { env: FIXED }), `mke2fs of ${wanted.name}`);
  if (wanted.debugfs) requests(wanted.debugfs, image, content);
  if (wanted.mount) fillMounted(wanted.mount, image, content);
  if (wanted.fsck) {
    const outcome = tool('e2fsck', [wanted.fsck, image], { env: FIXED });
    if (outcome.status !== 0 && outcome.status !== 1) must(outcome, `e2fsck of ${wanted.name}`);
  }
  if (wanted.damage) requests(wanted.damage.debugfs, image, content);
}

/** A fixed hash seed makes the same directory tree each time; two -E options would replace each other. */
function withHashSeed(args: readonly string[]): string[] {
  const at = args.indexOf('-E');
  if (at < 0) return ['-E', `hash_seed=${UUID}`, ...args];
  return args.map((word, index) => (index === at + 1 ? `${word},hash_seed=${UUID}` : word));
}

/** debugfs ends with 0 whatever happens; its complaints are on standard error, after the banner. */
function requests(lines: readonly string[], image: string, content: string): void {
  const script = withContent(lines.join('\n'), content);
  const outcome = tool('debugfs', ['-w', '-f', '-', image], { input: `${script}\n`, env: FIXED });
  const complaints = outcome.stderr.split('\n').filter((line) => line !== '' && !line.startsWith('debugfs 1.'));
  if (outcome.status !== 0 || complaints.length > 0) throw new Error(`debugfs: ${complaints.slice(0, 5).join('; ')}`);
}

function fillMounted(mount: NonNullable<Recipe['mount']>, image: string, content: string): void {
  const script = withContent(mount.script, content);
  using loop = LoopDevice.attach(image);
  {
    using mounted = Mount.on(loop.path, mount.options);
    must(run('sh', ['-e', '-c', script], { cwd: mounted.path }), 'the script on the mounted file system');
  }
}

function must(outcome: Outcome, what: string): void {
  if (outcome.status === 0) return;
  const output = new TextDecoder().decode(outcome.stdout) + outcome.stderr;
  throw new Error(`${what}: status ${outcome.status}: ${output.trim()}`);
}

let version: string | undefined;
function toolVersion(): string {
  version ??= tool('mke2fs', ['-V']).stderr;
  return version;
}
