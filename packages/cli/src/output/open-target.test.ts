import type { Output } from '@e2image/sparse-io';
import { injectedError, MemorySink } from '@e2image/sparse-io/testing';
import { fakeSignals, fakeWorld } from '../testing.ts';
import { SignalGuard } from '../world/signals.ts';
import { openTarget, type TargetView } from './open-target.ts';

const output = (overrides: Partial<Output> = {}): Output & { readonly sink: MemorySink } => ({
  kind: 'partial-file',
  existed: false,
  isTerminal: false,
  ...overrides,
  sink: new MemorySink(),
});

/** A system with one free block device of 1000 bytes, /dev/sda, and one that is held, /dev/sdb. */
const view: TargetView = {
  env: {},
  identify: (path) =>
    path.startsWith('/dev/sd')
      ? { kind: 'block-device', dev: 5, ino: 1, rdev: path === '/dev/sda' ? 1 : 2 }
      : undefined,
  readText: () => '',
  list: () => [],
  openExclusive: (path) => (path === '/dev/sda' ? 'free' : 'busy'),
  isReadOnly: () => false,
  deviceSize: (path) => (path === '/dev/sda' ? 1000 : undefined),
};

/** Open a made-up target. @returns what was opened, how often, and what the user saw */
async function opened(path: string, made: Output, options: { isForced?: boolean; size?: number } = {}) {
  const world = fakeWorld();
  let count = 0;
  const open = async (): Promise<Output> => {
    count++;
    return made;
  };
  const guard = new SignalGuard(fakeSignals());
  const error = await openTarget(path, world, { open, guard, ...options }, view).then(
    () => undefined,
    (reason: Error) => reason.message,
  );
  return { count, error, stderr: world.said.stderr };
}

describe('openTarget', () => {
  test('opens a file and says nothing', async () => {
    expect(await opened('image', output(), { size: 5000 })).toEqual({ count: 1, error: undefined, stderr: '' });
  });

  test('refuses a device that is too small, and does not open it', async () => {
    expect(await opened('/dev/sda', output(), { size: 1001 })).toEqual({
      count: 0,
      error: 'the target is too small: /dev/sda has 1000 bytes, 1001 are needed',
      stderr: '',
    });
    const device = output({ kind: 'block-device', existed: true });
    expect(await opened('/dev/sda', device, { size: 1000 })).toMatchObject({ count: 1, error: undefined });
    expect(await opened('/dev/sda', device)).toMatchObject({ count: 1, error: undefined });
  });

  test('refuses a device that is held, and does not open it', async () => {
    expect(await opened('/dev/sdb', output())).toMatchObject({
      count: 0,
      error: '/dev/sdb is in use by another program or device',
    });
  });

  test('refuses a terminal, unless forced', async () => {
    const terminal = output({ kind: 'stream', isTerminal: true });
    expect(await opened('-', terminal)).toMatchObject({
      error: 'image data is not written to a terminal; redirect it, or use --force',
    });
    expect(await opened('-', terminal, { isForced: true })).toMatchObject({ error: undefined, stderr: '' });
  });

  test.each([
    ['hard-links', 'it has several names'],
    ['folder', 'its folder takes no new file'],
    ['mount-point', 'it is a mount point'],
  ] as const)('warns of a file that is written in place (%s)', async (inPlaceReason, why) => {
    expect(await opened('/a\nb', output({ kind: 'in-place', inPlaceReason }))).toEqual({
      count: 1,
      error: undefined,
      stderr: `prog: /a\\x0ab is written in place, as ${why}: an interruption will leave it incomplete\n`,
    });
  });

  test('does not warn where the command keeps old contents on purpose', async () => {
    expect(await opened('a', output({ kind: 'in-place', inPlaceReason: 'kept' }))).toMatchObject({ stderr: '' });
  });

  test('names what cannot be opened', async () => {
    const open = (): Promise<Output> => Promise.reject(injectedError('EACCES', 'open'));
    await expect(openTarget('a\n', fakeWorld(), { open }, view)).rejects.toMatchObject({
      code: 'CLI_FAILED',
      message: 'Permission denied while trying to open a\\x0a',
    });
  });

  test('removes the partial file when a signal comes before anything is written', async () => {
    const signals = fakeSignals();
    const made = output();
    await openTarget('image', fakeWorld(), { open: async () => made, guard: new SignalGuard(signals) }, view);
    signals.deliver('SIGTERM');
    expect([made.sink.state, signals.killed]).toEqual(['aborted', ['SIGTERM']]);
  });
});
