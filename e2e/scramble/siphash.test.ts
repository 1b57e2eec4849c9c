import { Buffer } from 'node:buffer';
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { noise } from '../support/content.ts';
import { debugfs, describeNeeds, ours, ROOT, tool } from '../support/oracle.ts';

/**
 * Directories that are encrypted and case-folded: names are cipher text, the hash of the index is SipHash with a key
 * that nobody has, and each record holds its hash after the name. No kernel without CONFIG_UNICODE makes one, so that
 * the blocks are written here; e2fsck checks the hashes against the boundaries of the index.
 */
const BLOCK = 1024;
const LEAVES = 3;
const PER_LEAF = 20;
const NAME = 32;
/** Head, name, hash and minor hash. */
const RECORD = 8 + NAME + 8;
const SIPHASH = 6;

let folder = '';
beforeEach(() => {
  mkdirSync(join(ROOT, 'dist'), { recursive: true });
  folder = mkdtempSync(join(ROOT, 'dist/e2e-siphash-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const text = (bytes: Uint8Array): string => new TextDecoder('latin1').decode(bytes);

/** Cipher text for name `n`: any bytes. */
const cipher = (n: number): Uint8Array => noise(NAME, 1000 + n);

/** The hash that record `n` stores: within the range of its leaf, bit 0 clear. */
const hashOf = (n: number): number => Math.floor(n / PER_LEAF) * 0x4000_0000 + (n % PER_LEAF) * 0x10_0002;

/** Fill an image, and let `/d` become such a directory. @returns its blocks */
function makeImage(image: string, change: (leaf: DataView, n: number, at: number) => void = () => {}): number[] {
  expect(tool('mke2fs', ['-q', '-F', '-t', 'ext4', '-b', `${BLOCK}`, '-O', FEATURES, image, '16M']).status).toBe(0);
  const names = Array.from({ length: LEAVES * PER_LEAF }, (_, n) => `${n}`.padStart(48, 'x'));
  const context = join(folder, 'context');
  writeFileSync(context, CONTEXT);
  const requests = ['mkdir d', 'cd d', ...names.map((name) => `mknod ${name} p`), 'cd /', `ea_set -f ${context} d c`];
  debugfs(['-w', '-f', '-', image], { input: `${requests.join('\n')}\nsif d flags 0x40081800\n` });
  const inodes = [...text(debugfs(['-R', 'ls -p /d', image]).stdout).matchAll(/^\/(\d+)\/\d+\/\d+\/\d+\/(.*)\/.*\//gm)];
  const blocks = Array.from({ length: LEAVES + 1 }, (_, n) =>
    Number(text(debugfs(['-R', `bmap /d ${n}`, image]).stdout)),
  );
  const own = Number(inodes.find(([, , name]) => name === '.')?.[1]);
  const children = inodes.filter(([, , name]) => name?.startsWith('x')).map(([, inode]) => Number(inode));
  expect(children.length).toBe(names.length);
  const fd = openSync(image, 'r+');
  // debugfs knows no prefix for attributes of encryption, and stores the index of none.
  writeSync(fd, Uint8Array.of(XATTR_ENCRYPTION), 0, 1, readFileSync(image).indexOf(XATTR_MAGIC) + 5);
  const root = new DataView(new ArrayBuffer(BLOCK));
  writeRoot(root, own);
  writeSync(fd, root, 0, BLOCK, (blocks[0] ?? 0) * BLOCK);
  for (let leaf = 0; leaf < LEAVES; leaf++) {
    const view = new DataView(new ArrayBuffer(BLOCK));
    for (let i = 0; i < PER_LEAF; i++) {
      const n = leaf * PER_LEAF + i;
      writeRecord(view, i * RECORD, { inode: children[n] ?? 0, n, isLast: i === PER_LEAF - 1 });
      change(view, n, i * RECORD);
    }
    writeSync(fd, view, 0, BLOCK, (blocks[leaf + 1] ?? 0) * BLOCK);
  }
  closeSync(fd);
  return blocks;
}
const FEATURES = 'casefold,encrypt,^metadata_csum,^has_journal,^resize_inode';
/** `struct fscrypt_context_v2`: version, modes for contents and names, flags, then identifier of the key and nonce. */
const CONTEXT = Uint8Array.of(2, 1, 4, 3, 0, 0, 0, 0, ...noise(32, 3));
const XATTR_MAGIC = Buffer.of(0, 0, 2, 0xea);
const XATTR_ENCRYPTION = 9;

function writeRoot(view: DataView, own: number): void {
  view.setUint32(0, own, true);
  view.setUint16(4, 12, true);
  view.setUint16(6, 0x0201, true);
  view.setUint8(8, 0x2e);
  view.setUint32(12, 2, true);
  view.setUint16(16, BLOCK - 12, true);
  view.setUint16(18, 0x0202, true);
  view.setUint16(20, 0x2e2e, true);
  view.setUint8(28, SIPHASH);
  view.setUint8(29, 8);
  view.setUint16(32, (BLOCK - 32) / 8, true);
  view.setUint16(34, LEAVES, true);
  for (let leaf = 0; leaf < LEAVES; leaf++) {
    if (leaf > 0) view.setUint32(32 + 8 * leaf, hashOf(leaf * PER_LEAF), true);
    view.setUint32(36 + 8 * leaf, leaf + 1, true);
  }
}

function writeRecord(
  view: DataView,
  at: number,
  { inode, n, isLast }: { readonly inode: number; readonly n: number; readonly isLast: boolean },
): void {
  view.setUint32(at, inode, true);
  view.setUint16(at + 4, isLast ? BLOCK - at : RECORD, true);
  view.setUint8(at + 6, NAME);
  view.setUint8(at + 7, 5);
  new Uint8Array(view.buffer).set(cipher(n), at + 8);
  view.setUint32(at + 8 + NAME, hashOf(n), true);
  view.setUint32(at + 12 + NAME, n * 7, true);
}

/** What e2fsck says, without the name of the directory. */
function e2fsck(image: string): string {
  const { status, stdout } = tool('e2fsck', ['-fn', image]);
  return `${status} ${text(stdout)
    .replaceAll(image, 'IMAGE')
    .replaceAll(/\(\/[^)]*\)/g, '(PATH)')}`;
}

function scramble(image: string, index: string): string {
  const out = join(folder, 'scrambled');
  expect(ours(['--scramble-index', index, image, out], { tool: 'e2scramble' }).status).toBe(0);
  return out;
}

describeNeeds(['mke2fs', 'debugfs', 'e2fsck'], 'an encrypted and case-folded directory with an index', () => {
  test.each(['fresh', 'keep'])('gets other names beside the same hashes, boundaries %s', (index) => {
    const image = join(folder, 'image');
    const blocks = makeImage(image);
    expect(e2fsck(image)).toMatch(/^0 /);
    const out = scramble(image, index);
    expect(e2fsck(out)).toBe(e2fsck(image));
    const [before, after] = [readFileSync(image), readFileSync(out)];
    const names = new Set<string>();
    for (let n = 0; n < LEAVES * PER_LEAF; n++) {
      const at = (blocks[1 + Math.floor(n / PER_LEAF)] ?? 0) * BLOCK + (n % PER_LEAF) * RECORD;
      const [old, fresh] = [before, after].map((bytes) => bytes.subarray(at, at + RECORD));
      // All of a record but its name is as it was: inode, lengths, type, hash and minor hash.
      expect(fresh?.subarray(0, 8)).toEqual(old?.subarray(0, 8));
      expect(fresh?.subarray(8 + NAME)).toEqual(old?.subarray(8 + NAME));
      names.add(text(fresh?.subarray(8, 8 + NAME) ?? new Uint8Array()));
      for (let piece = 0; piece + 8 <= NAME; piece += 4) {
        expect(after.includes(Buffer.from(cipher(n).subarray(piece, piece + 8)))).toBe(false);
      }
    }
    expect(names.size).toBe(LEAVES * PER_LEAF);
    // The key of the hashes is not in the image: boundaries reveal nothing, and cannot be rebuilt.
    const root = (blocks[0] ?? 0) * BLOCK;
    expect(after.subarray(root, root + BLOCK)).toEqual(before.subarray(root, root + BLOCK));
  });

  test('a hash outside the range of its leaf stays one', () => {
    const image = join(folder, 'image');
    makeImage(image, (leaf, n, at) => {
      if (n === 25) leaf.setUint32(at + 8 + NAME, 0xc000_0000, true);
    });
    expect(e2fsck(image)).toMatch(/HTREE directory inode .* has bad max hash/);
    for (const index of ['fresh', 'keep']) expect(e2fsck(scramble(image, index))).toBe(e2fsck(image));
  });

  test('the bytes after the hashes of a record do not stay readable', () => {
    const image = join(folder, 'image');
    const secret = new TextEncoder().encode('PRIVATEPRIVATE');
    makeImage(image, (leaf, n, at) => {
      if (n % PER_LEAF === PER_LEAF - 1) new Uint8Array(leaf.buffer).set(secret, at + RECORD + 4);
    });
    expect(readFileSync(image).includes('PRIVATE')).toBe(true);
    expect(readFileSync(scramble(image, 'fresh')).includes('PRIVATE')).toBe(false);
  });
});
