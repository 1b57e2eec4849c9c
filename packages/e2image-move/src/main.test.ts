import { fakeWorld } from '@e2image/cli/testing';
import { main } from './main.ts';

const theWorld = () => fakeWorld({ program: 'e2image-move' });

describe('e2image-move', () => {
  test.each([
    [[]],
    [['device']],
    [['-o', '512', 'a', 'b']],
    [['-O', '512', '-n', '--resume', 'a']],
    [['-O', '512', '--unknown', 'a']],
  ])('shows the usage text for %j', async (argv) => {
    const world = theWorld();
    expect(await main(argv, world)).toBe(1);
    expect(world.said.stderr).toContain('Usage: e2image-move ');
  });

  test.each(['1k', 'junk', '-1', '08'])('refuses the offset %s', async (offset) => {
    const world = theWorld();
    expect(await main(['-O', offset, '/nowhere'], world)).toBe(1);
    expect(world.said.stderr).toContain('destination offset');
  });

  test('names a device that is not there', async () => {
    const world = theWorld();
    expect(await main(['-O', '0x200', '/nowhere'], world)).toBe(1);
    expect(world.said.stderr).toBe('e2image-move: No such file or directory: /nowhere\n');
  });

  test('says on standard output how it is used, when asked', async () => {
    const world = theWorld();
    expect(await main(['--help'], world)).toBe(0);
    expect(world.said.stdout).toContain('--resume');
    expect(world.said.stderr).toBe('');
  });
});
