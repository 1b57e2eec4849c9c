import { realMounts } from '@e2image/cli';
import { openFilesystem } from '@e2image/ext-core';
import { MMP_SEQ_CLEAN } from '@e2image/ext-core/structures';
import { TinyFilesystem } from '@e2image/ext-core/testing';
import { refuseMmp, refuseMounted } from './refusals.ts';

const BLOCK = 60;
const OUTSIDE = 99_999;

function refusal(prepare: (tiny: TinyFilesystem) => void): unknown {
  const tiny = new TinyFilesystem();
  prepare(tiny);
  try {
    refuseMmp(openFilesystem(tiny));
    return undefined;
  } catch (error) {
    return error;
  }
}

test('a file system without MMP, or with a clean mark, may be moved', () => {
  expect(refusal(() => {})).toBeUndefined();
  expect(refusal((tiny) => tiny.mmp(BLOCK, { sequence: MMP_SEQ_CLEAN }))).toBeUndefined();
});

test.each<[string, (tiny: TinyFilesystem) => void, number, string]>([
  [
    'a mark of use',
    (tiny) => tiny.mmp(BLOCK, { sequence: 0x123 }),
    BLOCK,
    'says that the file system is in use (sequence 0x123)',
  ],
  [
    'another magic number',
    (tiny) => tiny.mmp(BLOCK, { magic: 0x5858_5858, sequence: MMP_SEQ_CLEAN }),
    BLOCK,
    'is damaged (magic number 0x58585858)',
  ],
  [
    'a block number past the end',
    (tiny) => tiny.mmp(OUTSIDE, { sequence: MMP_SEQ_CLEAN }),
    OUTSIDE,
    'is damaged (outside the file system)',
  ],
  [
    'an unreadable block',
    (tiny) => {
      tiny.mmp(BLOCK, { sequence: MMP_SEQ_CLEAN });
      tiny.unreadable.add(BLOCK);
    },
    BLOCK,
    'cannot be read (input/output error)',
  ],
])('%s is refused for what it is', (_, prepare, block, text) => {
  expect(refusal(prepare)).toMatchObject({
    code: 'MOVE_MMP',
    detail: { block },
    message: `the multi-mount protection block (MMP block ${block}) ${text}; if no host uses the file system, --force overrides this`,
  });
});

describe('refuseMounted', () => {
  const refuse = (env: Record<string, string>) => () => refuseMounted('/dev/sdx', realMounts(env));

  test('refuses a device that is mounted, also read-only', () => {
    const inUse = expect.objectContaining({
      code: 'MOVE_IN_USE',
      message: expect.stringMatching(/^\/dev\/sdx is mounted/),
    });
    expect(refuse({ EXT2FS_PRETEND_RW_MOUNT: '1' })).toThrow(inUse);
    expect(refuse({ EXT2FS_PRETEND_RO_MOUNT: '1' })).toThrow(inUse);
  });

  test('accepts a device that is not', () => {
    expect(refuse({})).not.toThrow();
  });
});
