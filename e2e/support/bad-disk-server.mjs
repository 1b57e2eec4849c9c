// Serves one file through FUSE, at a mount point that is a file, with ranges that cannot be read:
//   BAD_DISK_DELAY=milliseconds BAD_DISK_WRITABLE=1 BAD_DISK_HEALS=1 node bad-disk-server.mjs IMAGE MOUNTPOINT OFFSET+LENGTH...
// A program of its own, because it answers synchronously and the tests that use it wait synchronously, too.
// Layouts: linux/fuse.h, protocol 7.31. Needs root, /dev/fuse and mount(8), nothing installed.
import { spawn } from 'node:child_process';
import { fstatSync, openSync, readSync, writeSync } from 'node:fs';

const [image, mountPoint, ...ranges] = process.argv.slice(2);
let bad = ranges.map((range) => range.split('+').map(Number));
const delay = Number(process.env.BAD_DISK_DELAY ?? '0');
const isWritable = process.env.BAD_DISK_WRITABLE === '1';
// A sector that is written is put elsewhere by the disk, and can be read from then on.
const heals = process.env.BAD_DISK_HEALS === '1';
const file = openSync(image, isWritable ? 'r+' : 'r');
const { size } = fstatSync(file);
const fuse = openSync('/dev/fuse', 'r+');

const [GETATTR, OPEN, READ, WRITE, STATFS, RELEASE, FSYNC, FLUSH, INIT, FORGET, INTERRUPT, BATCH_FORGET, DESTROY] = [
  3, 14, 15, 16, 17, 18, 20, 25, 26, 2, 36, 42, 38,
];
const [EIO, ENOSYS] = [5, 38];
const HEADER_IN = 40;
const HEADER_OUT = 16;
const FOPEN_DIRECT_IO = 1;
const S_IFREG = 0o100000;

const options = `fd=3,rootmode=${(S_IFREG | 0o644).toString(8)},user_id=0,group_id=0,allow_other,${isWritable ? 'rw' : 'ro'}`;
spawn('mount', ['-i', '-t', 'fuse', '-o', options, 'bad-disk', mountPoint], { stdio: ['ignore', 2, 2, fuse] });

/** Answer with `length` bytes filled in by `fill`, or with an error number. */
function reply(unique, length, fill, error = 0) {
  const bytes = new Uint8Array(HEADER_OUT + length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, bytes.length, true);
  view.setInt32(4, -error, true);
  view.setBigUint64(8, unique, true);
  fill(new DataView(bytes.buffer, HEADER_OUT), bytes.subarray(HEADER_OUT));
  writeSync(fuse, bytes);
}
const nothing = () => undefined;

function attributes(view) {
  view.setBigUint64(16, 1n, true); // ino
  view.setBigUint64(24, BigInt(size), true);
  view.setBigUint64(32, BigInt(Math.ceil(size / 512)), true);
  view.setUint32(76, S_IFREG | 0o644, true);
  view.setUint32(80, 1, true); // nlink
  view.setUint32(96, 4096, true); // blksize
}

function start(view) {
  view.setUint32(0, 7, true);
  view.setUint32(4, 31, true);
  view.setUint32(20, 1 << 16, true); // max_write
}

function read(unique, request) {
  const offset = Number(request.getBigUint64(HEADER_IN + 8, true));
  const length = Math.max(0, Math.min(request.getUint32(HEADER_IN + 16, true), size - offset));
  if (bad.some(([from, count]) => offset < from + count && from < offset + length))
    return reply(unique, 0, nothing, EIO);
  if (delay > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, delay);
  return reply(unique, length, (_view, bytes) => readSync(file, bytes, 0, length, offset));
}

function write(unique, request) {
  const offset = Number(request.getBigUint64(HEADER_IN + 8, true));
  const length = request.getUint32(HEADER_IN + 16, true);
  writeSync(file, buffer, HEADER_IN + 40, length, offset);
  if (heals) bad = bad.filter(([from, count]) => from < offset || from + count > offset + length);
  reply(unique, 8, (view) => view.setUint32(0, length, true));
}

const buffer = new Uint8Array(1 << 20);
const request = new DataView(buffer.buffer);
for (;;) {
  try {
    readSync(fuse, buffer);
  } catch (error) {
    if (error.code === 'ENODEV') break; // unmounted
    // EPERM: not mounted yet. ENOENT: the asker went away.
    if (!['EPERM', 'ENOENT', 'EINTR'].includes(error.code)) throw error;
    if (error.code === 'EPERM') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    continue;
  }
  const unique = request.getBigUint64(8, true);
  switch (request.getUint32(4, true)) {
    case INIT:
      reply(unique, 64, start);
      break;
    case GETATTR:
      reply(unique, 104, attributes);
      break;
    case OPEN:
      reply(unique, 16, (view) => view.setUint32(8, FOPEN_DIRECT_IO, true));
      break;
    case READ:
      read(unique, request);
      break;
    case WRITE:
      write(unique, request);
      break;
    case STATFS:
      reply(unique, 80, nothing);
      break;
    case RELEASE:
    case FSYNC:
    case FLUSH:
    case DESTROY:
      reply(unique, 0, nothing);
      break;
    case FORGET:
    case BATCH_FORGET:
    case INTERRUPT:
      break;
    default:
      reply(unique, 0, nothing, ENOSYS);
  }
}
