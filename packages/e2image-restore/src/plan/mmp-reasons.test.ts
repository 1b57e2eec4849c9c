import { openFilesystem } from '@e2image/ext-core';
import { MMP_SEQ_CLEAN } from '@e2image/ext-core/structures';
import { TinyFilesystem } from '@e2image/ext-core/testing';
import { mmpReasons } from './mmp-reasons.ts';

const BLOCK = 60;
const NONE = { obstacles: [], refusals: [] };

/** The device, and its superblock: that of the image is the same. */
function device({ sequence = MMP_SEQ_CLEAN, magic = 0x4d_4d50, block = BLOCK }) {
  const tiny = new TinyFilesystem();
  tiny.mmp(block, { magic, sequence });
  return { tiny, sb: openFilesystem(tiny).superblock };
}

test('a device without MMP, or with a clean mark, may be restored to', () => {
  const plain = new TinyFilesystem();
  const { superblock } = openFilesystem(plain);
  expect(mmpReasons(plain, superblock, superblock)).toEqual(NONE);
  const { tiny, sb } = device({});
  expect(mmpReasons(tiny, sb, sb)).toEqual(NONE);
});

test('a mark of use must be cleared first, or forced where tune2fs finds no superblock', () => {
  const { tiny, sb } = device({ sequence: 0x11 });
  const reason = expect.stringMatching(/^multi-mount protection says .*sequence 0x11; .*clear_mmp/);
  expect(mmpReasons(tiny, sb, sb)).toEqual({ obstacles: [reason], refusals: [] });
  expect(mmpReasons(tiny, undefined, sb)).toEqual({ obstacles: [], refusals: [reason] });
});

test.each([
  ['a damaged MMP block', { magic: 0x5858_5858 }, 'MMP block 60 of the device is damaged (magic number 0x58585858)'],
  [
    'an MMP block past the end',
    { block: 999_999 },
    'MMP block 999999 of the device is damaged (outside the file system)',
  ],
])('%s is refused unless forced', (_, marks, text) => {
  const { tiny, sb } = device(marks);
  const refusals = [`${text}: another host may use the device`];
  expect(mmpReasons(tiny, sb, sb)).toEqual({ obstacles: [], refusals });
});

test('an unreadable MMP block is refused unless forced', () => {
  const { tiny, sb } = device({});
  tiny.unreadable.add(BLOCK);
  const refusals = ['MMP block 60 of the device cannot be read (input/output error): another host may use the device'];
  expect(mmpReasons(tiny, sb, sb)).toEqual({ obstacles: [], refusals });
});

test('a device without a superblock need not have an MMP block where the image has its own', () => {
  const { tiny, sb } = device({ magic: 0 });
  expect(mmpReasons(tiny, undefined, sb)).toEqual(NONE);
});
