import { fakeWorld } from '@e2image/cli/testing';
import { watchMountedSource } from './mounted-source.ts';

/** Watch a device while its count of writes goes through these values. @returns the warnings */
function watch(device: string, env: Record<string, string>, counts: readonly (string | undefined)[]): string {
  const world = fakeWorld({ program: 'e2image', env });
  const left = [...counts];
  const end = watchMountedSource({ device }, world, () => left.shift());
  end();
  return world.said.stderr;
}

const MOUNTED = { EXT2FS_PRETEND_RW_MOUNT: '1' };

describe('watchMountedSource', () => {
  test('warns when a mounted source was written to', () => {
    expect(watch('/dev/sdx', MOUNTED, ['1', '2'])).toBe(
      'e2image: warning: /dev/sdx was written to while it was read; the image may not be consistent\n',
    );
  });

  test.each([
    ['was not written to', '/dev/sdx', MOUNTED, ['1', '1']],
    ['does not count writes', '/dev/sdx', MOUNTED, [undefined, undefined]],
    ['is mounted read-only', '/dev/sdx', { EXT2FS_PRETEND_RO_MOUNT: '1' }, ['1', '2']],
    ['is not mounted', '/nonexistent', {}, ['1', '2']],
    ['is standard input', '-', MOUNTED, ['1', '2']],
  ])('is silent when the source %s', (_, device, env, counts) => {
    expect(watch(device, env, counts)).toBe('');
  });
});
