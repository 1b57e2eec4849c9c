import { closeSync, copyFileSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { withContent } from './content.ts';
import { LoopDevice, Mount } from './loop.ts';
import { type Need, run, tool } from './oracle.ts';
import { secret } from './secrets.ts';

/** A file system full of secrets. */
export interface SecretSet {
  readonly name: string;
  /** Arguments of mke2fs. */
  readonly mke2fs: string;
  readonly size: string;
  /** For `mount -o`; absent where the kernel cannot mount it, and debugfs fills it alone. */
  readonly mount?: string;
  /** Copied while it is mounted, right after the journal was written and before the blocks were. */
  readonly live?: true;
  /** More requests of debugfs. */
  readonly debugfs?: readonly string[];
  /** Run by the shell on the mounted file system, after everything else. */
  readonly script?: string;
  /** Requests of debugfs at the very end. */
  readonly after?: readonly string[];
  /** Not every kernel knows these, so debugfs fills it. */
  readonly isFolded?: true;
  /** Secrets go into the block of multiple mount protection, too. */
  readonly hasMmp?: true;
  /** Arguments of tune2fs after everything else. */
  readonly tune2fs?: string;
}

const COMMON: readonly SecretSet[] = [
  { name: 'ext4 of 4 KiB blocks', mke2fs: '-t ext4 -b 4096', size: '64M', mount: 'rw' },
  { name: 'ext4 of 1 KiB blocks', mke2fs: '-t ext4 -b 1024 -N 4096', size: '48M', mount: 'rw' },
  { name: 'ext4 with a live journal', mke2fs: '-t ext4 -b 4096', size: '64M', mount: 'rw', live: true },
  {
    name: 'ext4 of 1 KiB blocks, live',
    mke2fs: '-t ext4 -b 1024 -N 4096',
    size: '48M',
    mount: 'commit=600',
    live: true,
  },
  {
    name: 'ext3 with file data in a live journal',
    mke2fs: '-t ext3 -b 1024 -N 4096',
    size: '48M',
    mount: 'data=journal',
    live: true,
  },
  { name: 'ext2 without index', mke2fs: '-t ext2 -b 2048 -O ^dir_index', size: '32M', mount: 'rw' },
  { name: 'inline data, live', mke2fs: '-t ext4 -b 4096 -I 512 -O inline_data', size: '48M', mount: 'rw', live: true },
  { name: 'attribute values in inodes', mke2fs: '-t ext4 -b 4096 -O ea_inode', size: '48M', mount: 'rw' },
  {
    name: 'fast commits and an orphan file, live',
    mke2fs: '-t ext4 -b 4096 -O fast_commit,orphan_file',
    size: '64M',
    mount: 'rw',
    live: true,
  },
  { name: 'bigalloc', mke2fs: '-t ext4 -b 4096 -C 16384 -O bigalloc', size: '64M', mount: 'rw' },
  {
    name: 'meta_bg and 64bit without csum',
    mke2fs: '-t ext4 -b 1024 -N 4096 -O meta_bg,^resize_inode,^metadata_csum,uninit_bg',
    size: '48M',
    mount: 'rw',
  },
  {
    name: 'TEA and bytes above 127',
    mke2fs: '-t ext4 -b 1024 -N 4096',
    size: '48M',
    mount: 'rw',
    tune2fs: '-E hash_alg=tea',
  },
  { name: 'legacy hash', mke2fs: '-t ext4 -b 1024 -N 4096', size: '48M', mount: 'rw', tune2fs: '-E hash_alg=legacy' },
  { name: 'two levels of index', mke2fs: '-t ext4 -b 1024 -N 16384', size: '64M', mount: 'rw', script: manyNames() },
  { name: 'case-folded', mke2fs: '-t ext4 -b 4096 -O casefold', size: '48M', isFolded: true },
  {
    name: 'multiple mount protection',
    mke2fs: '-t ext4 -b 4096 -O ^metadata_csum,uninit_bg',
    size: '32M',
    hasMmp: true,
  },
  { name: 'blocks of 64 KiB', mke2fs: '-t ext4 -b 65536', size: '128M' },
  {
    name: 'encrypted directory',
    mke2fs: '-t ext4 -b 4096 -O encrypt',
    size: '32M',
    debugfs: ['mkdir cipher', 'cd cipher', ...[1, 2, 3].map((n) => `mknod ${secret(900 + n, 32)} p`), 'cd /'],
    after: ['sif /cipher flags 0x80800'],
  },
];

/** All sets. */
export const SECRET_SETS: readonly SecretSet[] = COMMON;

/** What making a set needs. */
export const needsOf = ({ mount }: SecretSet): readonly Need[] =>
  mount === undefined ? ['mke2fs', 'debugfs', 'e2fsck'] : ['mke2fs', 'debugfs', 'e2fsck', 'loop'];

/** Names of this many bytes fill an index quickly. */
function manyNames(): string {
  return `mkdir many; cd many; pad=${secret(77, 160)}; seq 1500 | sed "s/$/$pad/" | xargs touch; cd ..`;
}

/** Names and values planted before the kernel sees the file system, by debugfs. */
function plantOffline(set: SecretSet): string[] {
  return [
    'mkdir attrs',
    ...[0, 1, 2, 3].map((n) => `write @tiny attrs/${secret(100 + n)}`),
    `ea_set attrs/${secret(100)} user.${secret(110)} ${secret(111)}`,
    `ea_set attrs/${secret(100)} trusted.${secret(112)} ${secret(113, 40)}`,
    `ea_set attrs/${secret(101)} user.${secret(114)} ${secret(115, 400)}`,
    `ea_set attrs/${secret(101)} user.${secret(116)} ${secret(117, 30)}`,
    `ea_set attrs/${secret(102)} user.${secret(118)} ${secret(119, 300)}`,
    `ea_set attrs/${secret(103)} user.${secret(120, 16)} ${secret(121, set.mke2fs.includes('ea_inode') ? 6000 : 60)}`,
    `symlink attrs/${secret(104)} /${secret(105)}/../${secret(106)}`,
    `symlink attrs/${secret(107)} ${`/${secret(108)}`.repeat(5)}`,
    ...(set.debugfs ?? []),
    ...(set.mount === undefined ? offlineNames(set) : []),
  ];
}

/** What a kernel would do, where none can: names, and some of them deleted again. */
function offlineNames({ isFolded }: SecretSet): string[] {
  const names = Array.from({ length: 160 }, (_, n) => `${secret(200 + n, 40)}-${n}`);
  return [
    'mkdir offline',
    ...(isFolded ? ['sif offline flags 0x40080000'] : []),
    'cd offline',
    ...names.map((name) => `mknod ${name} p`),
    ...[...'abcdefghij'].map((name) => `mknod ${name} p`),
    ...names.filter((_, n) => n % 3 === 0).map((name) => `rm ${name}`),
    'cd /',
    `rm attrs/${secret(104)}`,
  ];
}

/** The commands that plant secrets in a mounted file system. */
function plantMounted(set: SecretSet): string {
  const names = Array.from({ length: 500 }, (_, n) => `${secret(300 + n, 40)}-${n}`);
  const touch = (list: readonly string[]): string[] =>
    Array.from(
      { length: Math.ceil(list.length / 100) },
      (_, i) => `touch ${list.slice(100 * i, 100 * i + 100).join(' ')}`,
    );
  const short = [...'abcdefghijklmnopqrstuvwxyz0123456789'];
  return [
    `mkdir ${secret(10)}; cd ${secret(10)}`,
    ...touch(names),
    `touch ${short.join(' ')} ${short.map((one) => `${one}${one}`).join(' ')} ${short.map((one) => `x${one}y`).join(' ')}`,
    'touch Äußeres-qzQZ Grüße-QzqZ "$(printf "\\377\\376high")"',
    `rm ${names.filter((_, n) => n % 7 === 0).join(' ')}`,
    `cd ..; mkdir small; cd small; for n in 1 2 3 4 5; do mkdir ${secret(11)}$n; touch ${secret(11)}$n/${secret(12, 16)} ${secret(11)}$n/b; done`,
    `rm -r ${secret(11)}3; cd ..`,
    `ln -s ${secret(20)}/../${secret(21, 16)} short-link; ln -s ${secret(22, 40)}/${secret(23, 60)} long-link`,
    `ln -s ${secret(24)} dead-link; rm dead-link; echo ${secret(25)} > tiny-file; echo ${secret(26)} > dead-file; rm dead-file`,
    `rm attrs/${secret(102)} attrs/${secret(103)}`,
    set.script ?? ':',
  ].join('\n');
}

/** Make a set. @returns the path of the image */
export function makeSecretSet(set: SecretSet, folder: string): string {
  const image = join(folder, 'source');
  const content = join(folder, 'content');
  must('mke2fs', ['-q', '-F', ...set.mke2fs.split(' '), image, set.size]);
  debugfs(plantOffline(set), image, content);
  if (set.tune2fs !== undefined) must('tune2fs', [...set.tune2fs.split(' '), image]);
  must('tune2fs', ['-L', secret(1, 16), '-M', `/${secret(2, 40)}`, '-E', `mount_opts=${secret(3, 50)}`, image]);
  debugfs([`ssv first_error_func ${secret(4, 28)}`, `ssv last_error_func ${secret(5, 28)}`], image, content);
  // The right counts, and directories with an index.
  tool('e2fsck', ['-fyD', image]);
  if (set.mount !== undefined) fill(set, image, content);
  if (set.after) debugfs(set.after, image, content);
  if (set.hasMmp) plantMmp(image);
  return image;
}

/** Bytes of an MMP block where the names of machine and device are. */
const MMP_NAMES = [16, 80] as const;

/** At the very end: from then on every program that writes waits 11 seconds to see whether another one does. */
function plantMmp(image: string): void {
  must('tune2fs', ['-O', 'mmp', image]);
  const header = new TextDecoder().decode(tool('dumpe2fs', ['-h', image]).stdout);
  const block = Number(/^MMP block number: *(\d+)/m.exec(header)?.[1]);
  const fd = openSync(image, 'r+');
  for (const at of MMP_NAMES) writeSync(fd, secret(at, 30), 4096 * block + at);
  closeSync(fd);
}

function fill(set: SecretSet, image: string, content: string): void {
  const script = [withContent(plantMounted(set), content)];
  const copy = `${image}.live`;
  // fsync writes the journal, and leaves the blocks themselves for later.
  if (set.live) script.push(`sync tiny-file`, `cp --sparse=always ${image} ${copy}`);
  {
    using loop = LoopDevice.attach(image);
    using mounted = Mount.on(loop.path, set.mount);
    const { status, stderr } = run('sh', ['-e', '-c', script.join('\n')], { cwd: mounted.path });
    if (status !== 0) throw new Error(`${set.name}: ${stderr}`);
  }
  if (set.live) copyFileSync(copy, image);
}

function debugfs(requests: readonly string[], image: string, content: string): void {
  const { stderr } = tool('debugfs', ['-w', '-f', '-', image], {
    input: `${withContent(requests.join('\n'), content)}\n`,
  });
  const complaints = stderr.split('\n').filter((line) => line !== '' && !line.startsWith('debugfs 1.'));
  if (complaints.length > 0) throw new Error(`debugfs: ${complaints.slice(0, 3).join('; ')}`);
}

function must(program: string, args: readonly string[]): void {
  const { status, stderr } = tool(program, args);
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${stderr}`);
}
