import { mmpReason } from './guards.ts';

const BLOCK = 60;

test.each([{ kind: 'absent' }, { kind: 'free', block: BLOCK }] as const)(
  '$kind: the target may be written',
  (state) => {
    expect(mmpReason(state)).toBeUndefined();
  },
);

test('a mark of use is reported with its holder', () => {
  const reason = mmpReason({ kind: 'held', block: BLOCK, sequence: 0x1f, nodeName: 'host', deviceName: 'sda1' });
  expect(reason).toBe(
    'that host (sda1) marks as in use (MMP sequence 0x1f); nothing was written; --force if the mark is stale',
  );
});

test.each([
  ['damaged', 'magic number 0x58585858', 'is damaged (magic number 0x58585858)'],
  ['unreadable', 'EIO', 'cannot be read (EIO)'],
] as const)('a block that is %s is not taken for a free one', (kind, reason, text) => {
  expect(mmpReason({ kind, block: BLOCK, reason })).toBe(
    `whose MMP block ${BLOCK} ${text}; nothing was written; --force if no host uses it`,
  );
});
