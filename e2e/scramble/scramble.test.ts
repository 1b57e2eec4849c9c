import { Buffer } from 'node:buffer';
import { lstatSync, mkdirSync, mkdtempSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { copyOf } from '../support/fixtures.ts';
import { LoopDevice, Mount } from '../support/loop.ts';
import { describeNeeds, ours, qemuImg, ROOT, testNeeds, tool } from '../support/oracle.ts';
import { makeSecretSet, needsOf, SECRET_SETS, type SecretSet } from '../support/scramble-sets.ts';
import { findSecrets, secret } from '../support/secrets.ts';

let folder = '';
beforeEach(() => {
  mkdirSync(join(ROOT, 'dist'), { recursive: true });
  folder = mkdtempSync(join(ROOT, 'dist/e2e-scramble-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Scramble `source` to a new file. @returns its path */
function scramble(source: string, ...options: string[]): string {
  const out = join(folder, 'scrambled');
  const { status, stderr } = ours([...options, source, out], { tool: 'e2scramble' });
  expect([status, stderr.split('\n').filter((line) => line.includes('warning'))]).toEqual([0, []]);
  return out;
}

/** What e2fsck says, without the label, which is hidden, and without the names of files. */
function e2fsck(flags: string, image: string): string {
  const { status, stdout } = tool('e2fsck', [flags, image]);
  const text = new TextDecoder('latin1').decode(stdout);
  return `${status} ${text.replaceAll(image, 'IMAGE').replaceAll(secret(1, 16), 'IMAGE')}`;
}

interface Entry {
  readonly inode: number;
  readonly type: number;
  readonly name: Buffer;
  /** Length of each component of a link's target, `.` and `..` themselves. */
  readonly target: readonly (number | string)[];
}

/** Every entry below a folder, by the inode of its directory; each was found by its name. */
function entriesOf(path: Buffer, into = new Map<number, Entry[]>()): Map<number, Entry[]> {
  const entries = readdirSync(path, { encoding: 'buffer' }).map((name) => {
    const child = Buffer.concat([path, Buffer.from('/'), name]);
    const stat = lstatSync(child);
    if (stat.isDirectory()) entriesOf(child, into);
    const target = stat.isSymbolicLink() ? readlinkSync(child).split('/') : [];
    return {
      inode: stat.ino,
      type: stat.mode & 0xf000,
      name,
      target: target.map((part) => (/^\.*$/.test(part) ? part : part.length)),
    };
  });
  into.set(lstatSync(path).ino, entries);
  return into;
}

function mountedEntries(image: string): Map<number, Entry[]> {
  using loop = LoopDevice.attach(image, { readOnly: true });
  using mount = Mount.on(loop.path, 'ro,noload');
  return entriesOf(Buffer.from(mount.path));
}

/** The tree must be the same but for the names, and these as many, as long, and different from each other. */
function expectSameTree(source: string, scrambled: string): void {
  const before = mountedEntries(source);
  const after = mountedEntries(scrambled);
  const shape = (tree: Map<number, Entry[]>): unknown =>
    [...tree]
      .sort(([a], [b]) => a - b)
      .map(([inode, entries]) => [
        inode,
        entries
          // Hard links: a name of one to three bytes may grow to four.
          .map(({ inode: child, type, name, target }) => [child, type, Math.max(4, name.length), target])
          .sort((a, b) => JSON.stringify(a).localeCompare(JSON.stringify(b))),
      ]);
  expect(shape(after)).toEqual(shape(before));
  for (const entries of after.values()) {
    expect(new Set(entries.map(({ name }) => name.toString('latin1'))).size).toBe(entries.length);
  }
}

function hidesEverything(set: SecretSet, ...options: string[]): void {
  const source = makeSecretSet(set, folder);
  expect(findSecrets(source).count).toBeGreaterThan(30);
  const scrambled = scramble(source, ...options);
  expect(findSecrets(scrambled)).toEqual({ count: 0, first: undefined });
  expect(e2fsck('-fn', scrambled)).toBe(e2fsck('-fn', source));
  // It would wait 22 seconds for nobody.
  if (set.hasMmp) return;
  const replayed = copyOf(scrambled, join(folder, 'replayed'));
  const repaired = copyOf(source, join(folder, 'repaired'));
  expect(e2fsck('-fy', replayed)).toBe(e2fsck('-fy', repaired));
  expect(findSecrets(replayed)).toEqual({ count: 0, first: undefined });
  if (set.mount !== undefined) expectSameTree(repaired, replayed);
}

describe('e2scramble leaves no secret, and e2fsck and the kernel find the same', () => {
  for (const set of SECRET_SETS) testNeeds(needsOf(set), set.name, () => hidesEverything(set), 120_000);
  for (const set of SECRET_SETS.filter(({ name }) => /4 KiB|live journal|TEA|two levels/.test(name))) {
    testNeeds(
      needsOf(set),
      `${set.name}, boundaries kept`,
      () => hidesEverything(set, '--scramble-index=keep'),
      120_000,
    );
  }
});

describeNeeds(['mke2fs', 'debugfs', 'e2fsck', 'qemu-img'], 'e2scramble reads and writes raw and QCOW2 images', () => {
  const SET: SecretSet = { name: 'offline', mke2fs: '-t ext4 -b 4096', size: '32M' };

  test('QCOW2 in gives QCOW2 out, which qemu-img finds clean and equal to the raw one', () => {
    const source = makeSecretSet(SET, folder);
    const key = join(folder, 'key');
    writeFileSync(key, '0123456789abcdef');
    const qcow2 = join(folder, 'source.qcow2');
    expect(qemuImg(['convert', '-O', 'qcow2', source, qcow2]).status).toBe(0);
    const raw = scramble(source, `--scramble-key=${key}`);
    const out = join(folder, 'out.qcow2');
    expect(ours(['--scramble-key', key, qcow2, out], { tool: 'e2scramble' }).status).toBe(0);
    expect(qemuImg(['check', out]).status).toBe(0);
    expect(qemuImg(['compare', raw, out]).status).toBe(0);
    expect(findSecrets(out).count).toBe(0);
  }, 60_000);

  test('the same key gives the same image, no key another one each time', () => {
    const source = makeSecretSet(SET, folder);
    const key = join(folder, 'key');
    writeFileSync(key, '0123456789abcdef');
    const scrambled = (...options: string[]): string => {
      const { status, stdout } = ours([...options, source, '-'], { tool: 'e2scramble' });
      expect(status).toBe(0);
      return Buffer.from(stdout).toString('latin1');
    };
    const images = [['--scramble-key', key], ['--scramble-key', key], [], []].map((options) => scrambled(...options));
    // One for the key, and one for each run without.
    expect(new Set(images).size).toBe(3);
  }, 60_000);
});

describe('e2image -s leaves no secret in any format', () => {
  const SETS = SECRET_SETS.filter(({ name }) => /4 KiB blocks|1 KiB blocks, live|inline|values in inodes/.test(name));
  for (const set of SETS) {
    testNeeds(
      [...needsOf(set), 'qemu-img'],
      set.name,
      () => {
        const source = makeSecretSet(set, folder);
        for (const mode of ['-s', '-rs', '-Qs', '-rs --complete']) {
          const out = join(folder, `image${mode.replaceAll(' ', '')}`);
          expect(ours([...mode.split(' '), source, out]).status).toBe(0);
          const raw = mode === '-Qs' ? join(folder, 'converted') : out;
          if (raw !== out) expect(qemuImg(['convert', '-O', 'raw', out, raw]).status).toBe(0);
          expect([mode, findSecrets(out)]).toEqual([mode, { count: 0, first: undefined }]);
          expect([mode, findSecrets(raw)]).toEqual([mode, { count: 0, first: undefined }]);
        }
        expect(e2fsck('-fn', join(folder, 'image-rs--complete'))).toBe(e2fsck('-fn', source));
      },
      120_000,
    );
  }
});
