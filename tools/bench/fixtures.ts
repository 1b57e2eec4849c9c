import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { Dice, stuff, writeComb, writeLarge, writeTree } from './filler.ts';

/** A file system to measure with. */
interface BenchFixture {
  readonly mke2fs: string;
  readonly size: string;
  /** For `mount -o`. */
  readonly options?: string;
  /** Fills the mounted file system, whose root is given. */
  readonly fill: (root: string) => void;
}

const EXT4 =
  '-t ext4 -O none,has_journal,extent,huge_file,flex_bg,metadata_csum,64bit,dir_nlink,extra_isize,sparse_super,' +
  'large_file,filetype,resize_inode,dir_index,ext_attr';
const MIB = 1 << 20;

/** The file systems that the targets are about, by name. */
const FIXTURES = {
  tiny: {
    mke2fs: `${EXT4} -b 4096 -I 256 -i 16384`,
    size: '64M',
    fill: (root) => writeTree(root, 1, { folders: 20, files: 200, links: 5, bytes: 16 * MIB }),
  },
  typical: {
    mke2fs: `${EXT4} -b 4096 -I 256 -i 16384`,
    size: '10G',
    fill: (root) => writeTree(root, 2, { folders: 14_000, files: 178_000, links: 8000, bytes: 2400 * MIB }),
  },
  'many-small': { mke2fs: `${EXT4} -b 4096 -I 256 -i 4096`, size: '2G', fill: fillManySmall },
  'big-files': { mke2fs: `${EXT4} -b 4096 -I 256 -i 16384`, size: '8G', fill: fillBig },
  ext2frag: {
    mke2fs: '-t ext2 -O none,filetype,sparse_super,dir_index,ext_attr,resize_inode,large_file -b 1024 -I 128 -i 8192',
    size: '1G',
    fill: fillExt2,
  },
  ext3: {
    mke2fs:
      '-t ext3 -O none,has_journal,filetype,sparse_super,dir_index,ext_attr,resize_inode,large_file -b 4096 -I 256 -i 16384',
    size: '4G',
    fill: fillExt3,
  },
  extfrag: { mke2fs: `${EXT4} -b 4096 -I 256 -i 16384`, size: '2G', options: 'nodelalloc', fill: fillFragmented },
  aged: { mke2fs: `${EXT4} -b 4096 -I 256 -i 4096 -J size=32`, size: '1G', fill: fillAged },
  bigalloc: {
    mke2fs: `${EXT4},bigalloc -b 4096 -C 65536 -I 256 -i 65536`,
    size: '4G',
    fill: (root) => writeTree(root, 9, { folders: 500, files: 8000, links: 0, bytes: 800 * MIB }),
  },
  // No kernel that is common mounts blocks of 64 KiB: mke2fs -d fills it.
  b64k: {
    mke2fs: `${EXT4} -b 65536 -I 256 -i 65536 -d TREE`,
    size: '2G',
    fill: (root) => writeTree(root, 10, { folders: 100, files: 1500, links: 20, bytes: 300 * MIB }),
  },
  huge: {
    mke2fs: `${EXT4},^resize_inode,uninit_bg -b 4096 -I 256 -i 1048576 -E lazy_itable_init=1,lazy_journal_init=1`,
    size: '15T',
    options: 'noinit_itable',
    fill: (root) => writeTree(root, 11, { folders: 100, files: 2000, links: 20, bytes: 128 * MIB }),
  },
} as const satisfies Readonly<Record<string, BenchFixture>>;

/** The name of a fixture. */
export type FixtureName = keyof typeof FIXTURES;

/** Where fixtures are kept between runs: E2IMAGE_BENCH, else below ~/.cache. Some 12 GiB when all are made. */
export const CACHE = process.env['E2IMAGE_BENCH'] || join(homedir(), '.cache/e2image-bench');

/** The file of a fixture, made when it is not there: needs root and a loop device, and up to a minute. */
export function benchFixture(name: FixtureName): string {
  const path = join(CACHE, `${name}.img`);
  if (existsSync(path)) return path;
  console.error(`making the fixture ${name} ...`);
  mkdirSync(CACHE, { recursive: true });
  const image = join(CACHE, `${name}.making`);
  rmSync(image, { force: true });
  make(FIXTURES[name], image);
  renameSync(image, path);
  return path;
}

const sh = (program: string, ...args: readonly string[]): string =>
  execFileSync(program, args, {
    encoding: 'utf8',
    env: { ...process.env, PATH: `/usr/sbin:/sbin:${process.env['PATH']}` },
  }).trim();

function make(fixture: BenchFixture, image: string): void {
  const folder = mkdtempSync(join(CACHE, 'mount-'));
  const args = fixture.mke2fs.split(' ').map((word) => (word === 'TREE' ? folder : word));
  const fromFolder = args.includes(folder);
  const mke2fs = (): string => sh('mke2fs', '-q', '-F', ...args, image, fixture.size);
  try {
    if (fromFolder) {
      fixture.fill(folder);
      mke2fs();
    } else {
      mke2fs();
      fillMounted(fixture, image, folder);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function fillMounted(fixture: BenchFixture, image: string, folder: string): void {
  const loop = sh('losetup', '--find', '--show', image);
  try {
    sh('mount', '-t', 'ext4', ...(fixture.options ? ['-o', fixture.options] : []), loop, folder);
    try {
      fixture.fill(folder);
    } finally {
      sh('umount', folder);
    }
  } finally {
    sh('losetup', '--detach', loop);
  }
}

function fillManySmall(root: string): void {
  const dice = new Dice(3);
  const counts = [10_000, 20_000, 40_000, 50_000, 100_000, 200_000];
  counts.forEach((count, folder) => {
    mkdirSync(join(root, `many-${folder}`));
    for (let index = 0; index < count; index++) {
      const name = `${dice.below(1 << 30).toString(36)}-${index}.txt`;
      writeFileSync(join(root, `many-${folder}`, name), dice.below(10) < 3 ? stuff(dice, 1 + dice.below(4096)) : '');
    }
  });
}

function fillBig(root: string): void {
  const dice = new Dice(4);
  for (const [name, length] of [
    ['two', 2048 * MIB],
    ['one', 1024 * MIB],
    ['three-quarters', 768 * MIB],
  ] as const) {
    writeLarge(join(root, name), dice, length);
  }
  sh('fallocate', '-l', '1G', join(root, 'unwritten'));
}

function fillExt2(root: string): void {
  writeTree(root, 5, { folders: 700, files: 9000, links: 300, bytes: 300 * MIB });
  writeComb(join(root, 'comb'), new Dice(5), 1024, 20_000);
  writeLarge(join(root, 'triple-indirect'), new Dice(6), 80 * MIB);
}

function fillExt3(root: string): void {
  writeTree(root, 7, { folders: 1500, files: 20_000, links: 500, bytes: 700 * MIB });
  writeLarge(join(root, 'large'), new Dice(7), 400 * MIB);
}

function fillFragmented(root: string): void {
  for (let file = 0; file < 4; file++) writeComb(join(root, `comb-${file}`), new Dice(8 + file), 4096, 40_000);
  writeTree(root, 8, { folders: 50, files: 1000, links: 0, bytes: 30 * MIB });
}

function fillAged(root: string): void {
  const dice = new Dice(12);
  for (let folder = 0; folder < 60; folder++) {
    mkdirSync(join(root, `old-${folder}`));
    for (let index = 0; index < 3000; index++)
      writeFileSync(join(root, `old-${folder}`, `f${index}`), stuff(dice, 4096));
  }
  sh('sync', '-f', root);
  for (let folder = 0; folder < 60; folder++) {
    const path = join(root, `old-${folder}`);
    for (const name of readdirSync(path)) if (dice.below(2) === 0) unlinkSync(join(path, name));
  }
  sh('sync', '-f', root);
  writeTree(root, 13, { folders: 25_000, files: 12_000, links: 0, bytes: 60 * MIB });
}
