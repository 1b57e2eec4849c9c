import type { MountState, MountView } from '../world/mounted.ts';
import { describeUse, refuseInUse } from './refuse-in-use.ts';

const FREE: MountState = { isMounted: false, isReadOnly: false, isRoot: false, isBusy: false, isSwap: false };

test.each<[Partial<MountState>, string | undefined]>([
  [{}, undefined],
  [{ isMounted: true, isBusy: true, isSwap: true }, 'is in use as swap'],
  [{ isMounted: true, isBusy: true, mountPoint: '/a\u001b' }, 'is mounted on /a\\x1b; unmount it first'],
  [{ isMounted: true }, 'is mounted; unmount it first'],
  [{ isBusy: true }, 'is in use by another program or device'],
])('%j: %s', (state, words) => {
  expect(describeUse({ ...FREE, ...state })).toBe(words);
});

describe('refuseInUse', () => {
  const view = (exclusive: 'free' | 'busy'): MountView => ({
    env: {},
    identify: () => ({ kind: 'block-device', dev: 5, ino: 1, rdev: 0x801 }),
    readText: () => '',
    list: () => [],
    openExclusive: () => exclusive,
    isReadOnly: () => false,
  });

  test('names a device that is held', () => {
    expect(() => refuseInUse('/dev/s\nda', view('busy'))).toThrow(
      expect.objectContaining({ code: 'CLI_REFUSED', message: expect.stringMatching(/^\/dev\/s\\x0ada is /) }),
    );
  });

  test('lets a free device pass', () => {
    expect(() => refuseInUse('/dev/sda', view('free'))).not.toThrow();
  });
});
