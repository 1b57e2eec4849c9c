import { openFilesystem } from '../filesystem/filesystem.ts';
import { TinyFilesystem } from '../testing/tiny-filesystem.ts';
import { MMP_MAGIC, MMP_SEQ_CLEAN, MMP_SEQ_FSCK, mmpHolder, mmpLayout } from './mmp.ts';
import { superblockLayout } from './superblock.ts';

const BLOCK = 60;

function marked(sequence: number, { magic = MMP_MAGIC, block = BLOCK, feature = 0x100 } = {}) {
  const tiny = new TinyFilesystem();
  superblockLayout.s_feature_incompat.set(tiny.view, 1024, 0x42 | feature);
  superblockLayout.s_mmp_block_lo.set(tiny.view, 1024, block);
  mmpLayout.mmp_magic.set(tiny.view, BLOCK * 1024, magic);
  mmpLayout.mmp_seq.set(tiny.view, BLOCK * 1024, sequence);
  tiny.bytes.set(new TextEncoder().encode('host\0rest'), BLOCK * 1024 + mmpLayout.mmp_nodename.offset);
  tiny.bytes.set(new TextEncoder().encode('sda1'), BLOCK * 1024 + mmpLayout.mmp_bdevname.offset);
  return mmpHolder(tiny, openFilesystem(tiny).superblock);
}

test.each([[1], [0x1234_5678], [MMP_SEQ_FSCK]])(
  'sequence %i: somebody uses the file system, and is named',
  (sequence) => {
    expect(marked(sequence)).toEqual({ sequence, nodeName: 'host', deviceName: 'sda1' });
  },
);

test.each([
  ['a clean mark', marked(MMP_SEQ_CLEAN)],
  ['another magic number', marked(1, { magic: 7 })],
  ['a block that is none', marked(1, { block: 99_999 })],
  ['block 0', marked(1, { block: 0 })],
  ['no such feature', marked(1, { feature: 0 })],
])('%s: nobody does', (_, holder) => expect(holder).toBeUndefined());
