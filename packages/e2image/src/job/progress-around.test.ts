import { CliError, NO_PROGRESS } from '@e2image/cli';
import { planOf } from '../testing/memory-job.ts';
import { progressAround } from './progress-around.ts';

const systemError = (syscall: string) => Object.assign(new Error('EIO'), { code: 'EIO', errno: -5, syscall });
const failing = (line: string, error: unknown) =>
  progressAround(planOf(line), NO_PROGRESS, 1, async () => {
    throw error;
  });

describe('progressAround', () => {
  test('gives what the copy gives, after the last progress line', async () => {
    const calls: string[] = [];
    const progress = { ...NO_PROGRESS, finish: (done: number) => void calls.push(`finish ${done}`) };
    expect(await progressAround(planOf('-r dev img'), progress, 9, async () => 'result')).toBe('result');
    expect(calls).toEqual(['finish 9']);
  });

  test.each([
    ['-r dev img', 'read', 'Input/output error while reading dev'],
    ['-r dev img', 'write', 'Input/output error while writing img'],
    ['-r dev -', 'write', 'Input/output error while writing standard output'],
    ['-rn dev img', 'write', 'Input/output error while writing standard output'],
  ])('%s: an error of %s names the file', async (line, syscall, message) => {
    await expect(failing(line, systemError(syscall))).rejects.toThrow(message);
  });

  test('passes on errors that have their message, and bugs', async () => {
    const known = new CliError('CLI_REFUSED', 'no');
    await expect(failing('-r dev img', known)).rejects.toBe(known);
    const bug = new TypeError('bug');
    await expect(failing('-r dev img', bug)).rejects.toBe(bug);
  });

  test('stops the progress after an error', async () => {
    let stops = 0;
    const progress = { ...NO_PROGRESS, stop: () => void stops++ };
    const copy = progressAround(planOf('-r dev img'), progress, 1, () => Promise.reject(systemError('read')));
    await expect(copy).rejects.toThrow();
    expect(stops).toBe(1);
  });
});
