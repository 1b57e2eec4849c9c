import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tempFolder } from '../testing.ts';
import { realDisks } from './disk-view.ts';

describe('realDisks', () => {
  test('identifies a file by device and inode, through links', () => {
    using folder = tempFolder();
    writeFileSync(folder.file('a'), 'x');
    symlinkSync('a', folder.file('link'));
    const { dev, ino, rdev } = statSync(folder.file('a'));
    expect(realDisks.identify(folder.file('link'))).toEqual({ kind: 'file', dev, ino, rdev });
  });

  test('distinguishes other kinds from files, and knows nothing of a path that does not exist', () => {
    using folder = tempFolder();
    execFileSync('mkfifo', [folder.file('p')]);
    expect(realDisks.identify(folder.file('p'))?.kind).toBe('other');
    expect(realDisks.identify(folder.path)?.kind).toBe('other');
    expect(realDisks.identify('/dev/null')).toMatchObject({ kind: 'other', rdev: 0x103 });
    expect(realDisks.identify(folder.file('missing'))).toBeUndefined();
  });

  test('reads a text without its last newline, and only that one', () => {
    using folder = tempFolder();
    writeFileSync(folder.file('a'), 'one\ntwo\n\n');
    expect(realDisks.readText(folder.file('a'))).toBe('one\ntwo\n');
    expect(realDisks.readText(folder.file('missing'))).toBeUndefined();
  });

  test('lists a folder; a missing one is empty', () => {
    using folder = tempFolder();
    mkdirSync(folder.file('d'));
    expect([realDisks.list(folder.path), realDisks.list(folder.file('missing'))]).toEqual([['d'], []]);
  });
});

/** A block device of this machine, which need not be readable. */
const DEVICE = readdirSync('/dev')
  .map((name) => `/dev/${name}`)
  .find((path) => statSync(path, { throwIfNoEntry: false })?.isBlockDevice() === true);

(DEVICE === undefined ? test.skip : test)('a block device is one, with its number (needs one in /dev)', () => {
  const { dev, ino, rdev } = statSync(DEVICE ?? '');
  expect(realDisks.identify(DEVICE ?? '')).toEqual({ kind: 'block-device', dev, ino, rdev });
});
