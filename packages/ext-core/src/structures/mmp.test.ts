import { openFilesystem } from '../filesystem/filesystem.ts';
import { TINY, TinyFilesystem } from '../testing/tiny-filesystem.ts';
import { filesystemSeed } from './checksum.ts';
import { INCOMPAT, RO_COMPAT } from './features.ts';
import { MMP_MAGIC, MMP_SEQ_CLEAN, MMP_SEQ_FSCK, mmpChecksum, mmpLayout, readMmp } from './mmp.ts';
import { superblockLayout } from './superblock.ts';

const BLOCK = 60;

interface Marks {
  readonly magic?: number;
  readonly block?: number;
  readonly blockHi?: number;
  readonly hasFeature?: boolean;
  /** Added to the right checksum; undefined without metadata_csum. */
  readonly checksumError?: number;
}

/** A file system with an MMP block of this sequence number. */
function marked(sequence: number, marks: Marks = {}): TinyFilesystem {
  const { magic = MMP_MAGIC, block = BLOCK, blockHi = 0, hasFeature = true, checksumError } = marks;
  const tiny = new TinyFilesystem();
  superblockLayout.s_feature_incompat.set(tiny.view, 1024, INCOMPAT.extents | (hasFeature ? INCOMPAT.mmp : 0));
  superblockLayout.s_mmp_block_lo.set(tiny.view, 1024, block);
  superblockLayout.s_mmp_block_hi.set(tiny.view, 1024, blockHi);
  const base = BLOCK * TINY.blockSize;
  mmpLayout.mmp_magic.set(tiny.view, base, magic);
  mmpLayout.mmp_seq.set(tiny.view, base, sequence);
  mmpLayout.mmp_nodename.get(tiny.view, base).set(new TextEncoder().encode('host\0rest'));
  mmpLayout.mmp_bdevname.get(tiny.view, base).set(new TextEncoder().encode('sda1'));
  if (checksumError === undefined) return tiny;
  superblockLayout.s_feature_ro_compat.set(tiny.view, 1024, RO_COMPAT.metadata_csum);
  const seed = filesystemSeed(openFilesystem(tiny).superblock);
  const checksum = mmpChecksum(seed, tiny.bytes.subarray(base, base + TINY.blockSize));
  mmpLayout.mmp_checksum.set(tiny.view, base, checksum + checksumError);
  return tiny;
}

const stateOf = (tiny: TinyFilesystem) => readMmp(tiny, openFilesystem(tiny).superblock);

test.each([[1], [0x1234_5678], [MMP_SEQ_FSCK]])(
  'sequence %i is a mark of use: it is reported with its holder',
  (sequence) => {
    const held = { kind: 'held', block: BLOCK, sequence, nodeName: 'host', deviceName: 'sda1' };
    expect(stateOf(marked(sequence))).toEqual(held);
  },
);

test('a mark of use counts even if its checksum is wrong', () => {
  expect(stateOf(marked(1, { checksumError: 1 }))).toMatchObject({ kind: 'held', sequence: 1 });
});

test.each([
  ['without checksums', {}],
  ['with the right checksum', { checksumError: 0 }],
])('a clean mark is free, %s', (_, marks) => {
  expect(stateOf(marked(MMP_SEQ_CLEAN, marks))).toEqual({ kind: 'free', block: BLOCK });
});

test.each<[string, Marks, number, string]>([
  ['another magic number', { magic: 0x5858_5858 }, BLOCK, 'magic number 0x58585858'],
  ['a wrong checksum', { checksumError: 1 }, BLOCK, 'wrong checksum'],
  ['a block number past the end', { block: 513 }, 513, 'outside the file system'],
  ['a block number of 64 bits', { blockHi: 1 }, 2 ** 32 + BLOCK, 'outside the file system'],
  ['block 0', { block: 0 }, 0, 'outside the file system'],
])('%s is damage: neither free nor in use', (_, marks, block, reason) => {
  expect(stateOf(marked(MMP_SEQ_CLEAN, marks))).toEqual({ kind: 'damaged', block, reason });
});

test('block 0 is never an MMP block, even of a file system that begins with it', () => {
  const { superblock } = openFilesystem(marked(MMP_SEQ_CLEAN));
  const state = readMmp(new TinyFilesystem(), { ...superblock, blockSize: 4096, firstDataBlock: 0, mmpBlock: 0 });
  expect(state).toEqual({ kind: 'damaged', block: 0, reason: 'outside the file system' });
});

test('the last block of the file system may be the MMP block', () => {
  expect(stateOf(marked(1, { block: 512 }))).toMatchObject({ kind: 'damaged', reason: 'magic number 0x0' });
});

test('a block that cannot be read is reported with the reason', () => {
  const tiny = marked(MMP_SEQ_CLEAN);
  tiny.unreadable.add(BLOCK);
  expect(stateOf(tiny)).toEqual({ kind: 'unreadable', block: BLOCK, reason: 'input/output error' });
});

test('a block past the end of a short source is not read', () => {
  const tiny = marked(MMP_SEQ_CLEAN);
  const { superblock } = openFilesystem(tiny);
  const readAt = (): void => {
    throw new RangeError('was read');
  };
  const size = BLOCK * TINY.blockSize + 1023;
  const state = readMmp({ size, readAt }, superblock);
  expect(state).toEqual({ kind: 'unreadable', block: BLOCK, reason: `the source ends at byte ${size}` });
});

test('a bug in the source is not taken for an unreadable block', () => {
  const { superblock } = openFilesystem(marked(MMP_SEQ_CLEAN));
  const readAt = (): void => {
    throw new TypeError('a bug');
  };
  expect(() => readMmp({ size: 2 ** 30, readAt }, superblock)).toThrow(TypeError);
});

test('without the feature the block does not count', () => {
  expect(stateOf(marked(1, { hasFeature: false }))).toEqual({ kind: 'absent' });
});
