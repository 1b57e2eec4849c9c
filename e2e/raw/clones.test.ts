import { copyFileSync, mkdtempSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FIXTURE_NEEDS, fixture } from '../support/fixtures.ts';
import { LoopDevice, Mount } from '../support/loop.ts';
import { commandLine, describeNeeds, e2fsck, ours, tool } from '../support/oracle.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'e2e-clones-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const file = (name: string): string => join(folder, name);
const quoted = (words: readonly string[]): string => words.map((word) => `'${word}'`).join(' ');

/** The ways to clone `source` to `clone`. */
const WAYS: Readonly<Record<string, (source: string, clone: string) => number | null>> = {
  'into a file': (source, clone) => ours(['-ra', source, clone]).status,
  'onto a loop device': (source, clone) => {
    writeFileSync(clone, new Uint8Array(statSync(source).size).fill(0x5a));
    using loop = LoopDevice.attach(clone);
    return ours(['-ra', source, loop.path]).status;
  },
  'from a loop device': (source, clone) => {
    using loop = LoopDevice.attach(source, { readOnly: true });
    return ours(['-ra', loop.path, clone]).status;
  },
  'through a pipe': (source, clone) => {
    const command = `${quoted([...commandLine(), '-ra', source, '-'])} | cat > '${clone}'`;
    return tool('bash', ['-o', 'pipefail', '-c', command]).status;
  },
  'by comparing with an older one': (source, clone) => {
    ours(['-r', source, clone]);
    return ours(['-rac', source, clone]).status;
  },
};

/** Names, modes, owners, times, link counts, targets and contents of all files of a file system, as text. */
function contentsOf(image: string): string {
  using loop = LoopDevice.attach(image, { readOnly: true });
  using mount = Mount.on(loop.path, 'ro,noload');
  const script = [
    "find . -printf '%p %m %U %G %s %n %y %l %T@\\n' | LC_ALL=C sort",
    'find . -type f -print0 | LC_ALL=C sort -z | xargs -0 sha1sum',
    'getfattr -R -d -m - . 2>/dev/null || true',
  ].join('\n');
  const { status, stdout, stderr } = tool('bash', ['-c', script], { cwd: mount.path });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return new TextDecoder('latin1').decode(stdout);
}

/** Block of the first backup superblock, and bytes per block. */
const SOURCES = {
  'ext4-1k': { backup: 8193, blockSize: 1024 },
  'ext3-4k': undefined,
  'ext2-1k': { backup: 8193, blockSize: 1024 },
  'bigalloc-16k': undefined,
  'meta-bg': undefined,
  'sparse-super2': { backup: 8193, blockSize: 1024 },
  'lazy-tables': { backup: 8193, blockSize: 1024 },
} as const;

describeNeeds([...FIXTURE_NEEDS, 'loop'], 'a clone made with -ra', () => {
  describe.each(Object.entries(SOURCES))('of %s', (name, backup) => {
    test.each(Object.entries(WAYS))('%s is the file system', (way, clone) => {
      const source = fixture(name);
      const copy = file(`${name}-${way.replaceAll(' ', '-')}`);
      expect(clone(source, copy)).toBe(0);
      try {
        expect(statSync(copy).size).toBe(statSync(source).size);
        expect(e2fsck(copy)).toEqual(e2fsck(source));
        expect(e2fsck(copy).status).toBe(0);
        expect(contentsOf(copy)).toBe(contentsOf(source));
        if (backup !== undefined) expectRescue(copy, backup);
      } finally {
        rmSync(copy);
      }
    });
  });

  /** With its primary superblock and descriptors gone, the copies bring the clone back. */
  function expectRescue(clone: string, { backup, blockSize }: { backup: number; blockSize: number }): void {
    const broken = file('broken');
    copyFileSync(clone, broken);
    const size = statSync(broken).size;
    const dd = ['if=/dev/zero', `of=${broken}`, 'bs=1024', 'seek=1', 'count=2', 'conv=notrunc', 'status=none'];
    expect(tool('dd', dd).status).toBe(0);
    expect(e2fsck(broken).status).not.toBe(0);
    const { status } = tool('e2fsck', ['-fy', '-b', `${backup}`, '-B', `${blockSize}`, broken]);
    // 1: errors were found (the primary ones) and corrected.
    expect(status).toBe(1);
    expect(e2fsck(broken).status).toBe(0);
    truncateSync(broken, size);
    expect(contentsOf(broken)).toBe(contentsOf(clone));
    rmSync(broken);
  }
});
