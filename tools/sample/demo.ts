// `npm start` without arguments: images the sample file system and says in a few lines what happened.
import { Buffer } from 'node:buffer';
import { spawnSync } from 'node:child_process';
import { closeSync, ftruncateSync, mkdirSync, openSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { openFilesystem } from '@e2image/ext-core';
import { selectBlocks } from '@e2image/ext-core/walk';

const FOLDER = 'dist/sample';
const DEVICE = `${FOLDER}/sample.ext4`;
const IMAGE = `${FOLDER}/sample.e2i`;
const PIECE = 4096;

/** Write a file of mostly zeros with holes in their place. */
function writeSparsely(path: string, bytes: Uint8Array): void {
  const zeros = Buffer.alloc(PIECE);
  const fd = openSync(path, 'w');
  for (let at = 0; at < bytes.length; at += PIECE) {
    const piece = bytes.subarray(at, at + PIECE);
    if (!zeros.subarray(0, piece.length).equals(piece)) writeSync(fd, piece, 0, piece.length, at);
  }
  ftruncateSync(fd, bytes.length);
  closeSync(fd);
}

const grouped = (value: number): string => value.toLocaleString('en-US');

const bytes = new Uint8Array(gunzipSync(readFileSync('samples/sample.ext4.gz')));
mkdirSync(FOLDER, { recursive: true });
writeSparsely(DEVICE, bytes);
rmSync(IMAGE, { force: true });

const command = ['packages/e2image/dist/bin.mjs', '-r', DEVICE, IMAGE];
const { status } = spawnSync(process.execPath, command, { stdio: ['ignore', 'inherit', 'inherit'] });
if (status === 0) {
  const fs = openFilesystem({
    size: bytes.length,
    readAt: (into, offset) => into.set(bytes.subarray(offset, offset + into.length)),
  });
  const blocks = selectBlocks(fs, { selection: 'compat', allData: false, onProblem: () => {} }).size;
  const onDisk = statSync(IMAGE).blocks * 512;
  console.log(`Saved the metadata of ${DEVICE} (ext4, ${grouped(bytes.length)} bytes) in ${IMAGE}:`);
  console.log(
    `  ${grouped(blocks)} metadata blocks of ${grouped(fs.blockSize)} bytes; those of zeros are holes in the image`,
  );
  console.log(`  ${grouped(statSync(IMAGE).size)} bytes long, as the file system is; ${grouped(onDisk)} bytes on disk`);
  console.log(`  names, folders, inodes and the journal are in it; the contents of files are not`);
  console.log('');
  console.log('Next, a file system of your own (as root, unmounted):');
  console.log('  npm start -- -r /dev/sdb1 sdb1.e2i');
}
process.exitCode = status ?? 1;
