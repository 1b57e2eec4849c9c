import { fakeWorld } from '@e2image/cli/testing';
import { planOf } from '../testing/memory-job.ts';
import { JobProgress } from './job-progress.ts';

function progressOf(line: string) {
  const world = fakeWorld({ program: 'e2image' });
  return { world, progress: new JobProgress({ plan: planOf(line), world, fs: { blockSize: 1024 } }) };
}

describe('JobProgress', () => {
  test('announces the scan, counts blocks, and ends with the last total', async () => {
    const { world, progress } = progressOf('-rp dev img');
    expect(world.said.stderr).toBe('Scanning inodes...\n');
    await progress.around(async () => {
      await progress.start(10);
      world.clock.now += 2000;
      progress.update(5 * 1024 + 1023);
      await progress.start(8);
    });
    expect(world.said.stderr).toContain('5 / 10 blocks');
    expect(world.said.stderr).toContain('Copied 8 / 10 blocks');
  });

  test('starts once: a second estimate does not begin a second line', async () => {
    const { world, progress } = progressOf('-rp dev img');
    await progress.start(10);
    await progress.start(20);
    expect(world.said.stderr.match(/Copying/g)).toHaveLength(1);
  });

  test('shows nothing without -p', async () => {
    const { world, progress } = progressOf('-r dev img');
    await progress.around(async () => {
      await progress.start(10);
      progress.update(1024);
    });
    expect(world.said.stderr).toBe('');
  });

  test('prints no last line after an error', async () => {
    const { world, progress } = progressOf('-rp dev img');
    const copy = progress.around(async () => {
      await progress.start(10);
      throw Object.assign(new Error('EIO'), { code: 'EIO', errno: -5, syscall: 'read' });
    });
    await expect(copy).rejects.toThrow('Input/output error while reading dev');
    expect(world.said.stderr).not.toContain('Copied');
  });
});
