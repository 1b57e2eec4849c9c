// Makes samples/sample.ext4.gz again: the small file system that `npm start` images. Needs mke2fs and debugfs 1.47.
// The clock, the UUID and the contents are fixed, so that the result changes only when this recipe does.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { constants, gzipSync } from 'node:zlib';

const UUID = '5a3b1e00-0000-4000-8000-00e21a9e0000';
const TARGET = 'samples/sample.ext4.gz';
const LIMIT = 200 << 10;

const folder = mkdtempSync(join(tmpdir(), 'sample-'));
const env = {
  ...process.env,
  PATH: `/usr/sbin:/sbin:${process.env['PATH']}`,
  E2FSPROGS_FAKE_TIME: '1700000000',
  DEBUGFS_FAKE_TIME: '1700000000',
  MKE2FS_CONFIG: 'e2e/support/mke2fs.conf',
};

/** A text of about `length` bytes that says where it is. */
function writeText(name: string, length: number): string {
  const path = join(folder, name);
  writeFileSync(path, `This is ${name}; an image of the metadata does not contain it.\n`.repeat(length / 60));
  return path;
}

/** Requests that fill the file system as a small home folder is. */
function requests(): string[] {
  const lines = ['mkdir documents', 'mkdir documents/letters', 'mkdir photos', 'mkdir logs'];
  const letter = writeText('letter.txt', 3000);
  for (let index = 1; index <= 120; index++) lines.push(`write ${letter} documents/letters/letter-${index}.txt`);
  const photo = writeText('photo.raw', 400_000);
  for (let index = 1; index <= 40; index++) lines.push(`write ${photo} photos/photo-${index}.raw`);
  lines.push(`write ${writeText('large.log', 9_000_000)} logs/large.log`);
  lines.push('symlink latest logs/large.log', `symlink far ${'a-folder-far-away/'.repeat(6)}file`);
  lines.push('mknod pipe p', 'ea_set documents user.comment kept-in-the-inode');
  return lines;
}

try {
  const image = join(folder, 'image');
  const args = ['-q', '-F', '-t', 'ext4', '-b', '4096', '-I', '256', '-L', 'sample', '-U', UUID];
  execFileSync('mke2fs', [...args, '-E', `hash_seed=${UUID},lazy_itable_init=0`, image, '64M'], {
    env,
    stdio: 'ignore',
  });
  execFileSync('debugfs', ['-w', '-f', '-', image], {
    env,
    input: requests().join('\n'),
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  execFileSync('e2fsck', ['-fn', image], { env, stdio: 'ignore' });
  // No name and no time in the header: the file is the same whenever it is made.
  const packed = gzipSync(readFileSync(image), { level: 9, strategy: constants.Z_DEFAULT_STRATEGY });
  if (packed.length > LIMIT) throw new Error(`${TARGET} would have ${packed.length} bytes, the limit is ${LIMIT}`);
  writeFileSync(TARGET, packed);
  console.log(`${TARGET}: ${packed.length} bytes`);
} finally {
  rmSync(folder, { recursive: true });
}
