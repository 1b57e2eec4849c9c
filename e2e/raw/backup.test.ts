import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { noise } from '../support/content.ts';
import { LoopDevice, Mount } from '../support/loop.ts';
import { cE2image, describeNeeds, e2fsck, ours, run, testNeeds, tool } from '../support/oracle.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'e2e-backup-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const file = (name: string): string => join(folder, name);

/** A file system with tables that were never written, on a disk full of noise. */
function lazy(features: string): string {
  writeFileSync(file('fs'), noise(24 << 20, 31));
  const options = ['-q', '-F', '-t', 'ext4', '-b', '1024', '-O', features, '-E', 'lazy_itable_init=1,nodiscard'];
  expect(tool('mke2fs', [...options, file('fs')]).status).toBe(0);
  return file('fs');
}

/** Blocks that a dry run names. */
function blocksOf(...args: readonly string[]): number[] {
  const { status, stdout, stderr } = ours([...args, '-']);
  expect([status, stderr]).toEqual([0, expect.stringMatching(/^e2image 1.47.0 [^\n]+\n$/)]);
  return [...new TextDecoder().decode(stdout).matchAll(/Writing block (\d+)/g)].map(([, block]) => Number(block));
}

describe.each(['metadata_csum', '^metadata_csum,uninit_bg'])('through a backup, with %s', (features) => {
  describeNeeds(['mke2fs', 'e2image', 'e2fsck'], 'on a disk full of noise', () => {
    test('C takes noise for inodes (D-15); ours images what the primary superblock does, the backup and bitmaps', () => {
      const fs = lazy(features);
      expect(cE2image(['-r', '-b', '8193', '-B', '1024', fs, file('theirs')]).status).toBe(1);
      const primary = new Set(blocksOf('-rn', fs));
      const more = blocksOf('-rn', '-b', '8193', fs).filter((block) => !primary.has(block));
      // The superblock, one block of descriptors, and the bitmaps of the groups that may be in use after all.
      expect(more.length).toBeLessThanOrEqual(2 + 2 * 3);
      expect(more).toEqual(expect.arrayContaining([8193, 8194]));
    });

    test('and the complete image is as good as its source', () => {
      const fs = lazy(features);
      expect(ours(['-ra', '-b', '8193', fs, file('image')]).status).toBe(0);
      expect(e2fsck(file('image'))).toEqual(e2fsck(fs));
    });

    testNeeds(['loop'], 'what was written since the backup was made is all there', () => {
      const fs = lazy(features);
      {
        using loop = LoopDevice.attach(fs);
        using mount = Mount.on(loop.path, 'rw,noinit_itable');
        const script = 'for d in 1 2 3 4 5 6; do mkdir $d; for f in $(seq 300); do echo $d $f > $d/$f; done; done';
        expect(run('sh', ['-ec', script], { cwd: mount.path }).status).toBe(0);
      }
      const clean = e2fsck(fs);
      expect(clean.status).toBe(0);
      expect(ours(['-ra', '-b', '8193', fs, file('image')]).status).toBe(0);
      expect(e2fsck(file('image'))).toEqual(clean);
    });
  });
});
