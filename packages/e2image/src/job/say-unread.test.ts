import { memoryJob } from '../testing/memory-job.ts';
import { sayUnread } from './say-unread.ts';

/** The report of a job that could not read these blocks. */
async function report(line: string, runs: readonly (readonly [number, number, string])[]) {
  const { job, world } = await memoryJob(line);
  for (const run of runs) job.findings.unreadable(...run);
  sayUnread(job);
  return world.said.stderr.split('\n').filter((text) => text !== '');
}

describe('sayUnread', () => {
  test('is silent when everything was read', async () => {
    expect(await report('-r dev img', [])).toEqual([]);
  });

  test('names each range with its owner and its reason', async () => {
    expect(
      await report('-ra dev img', [
        [40, 1, 'Input/output error'],
        [50, 3, 'the source ends at byte 7'],
      ]),
    ).toEqual([
      expect.stringMatching(
        /^e2image: block 40 \(.*inode 2.*\) cannot be read: Input\/output error; zeros in the image$/,
      ),
      expect.stringMatching(
        /^e2image: blocks 50 to 52 \(.*inode 12.*\) cannot be read: the source ends at byte 7; zeros in the image$/,
      ),
    ]);
  });

  test('divides a range where the owner changes', async () => {
    const lines = await report('-r dev img', [[5, 3, 'EIO']]);
    expect(lines.map((line) => /blocks? [\d to]*\d/.exec(line)?.[0])).toEqual(['block 5', 'block 6', 'block 7']);
  });

  test('names no owner where none exists', async () => {
    expect(await report('-r dev img', [[400, 1, 'EIO']])).toEqual([
      'e2image: block 400 cannot be read: EIO; zeros in the image',
    ]);
  });

  test('of a normal image says that descriptors come from their backup', async () => {
    expect(await report('dev img', [[2, 1, 'EIO']])).toEqual([expect.stringMatching(/; their backup in the image$/)]);
    expect(await report('-r dev img', [[2, 1, 'EIO']])).toEqual([expect.stringMatching(/; zeros in the image$/)]);
  });

  test('prints 1,000 ranges, and counts the others', async () => {
    const { job, world } = await memoryJob('-r dev img');
    const many = Array.from({ length: 1203 }, (_, i) => 600 + 2 * i);
    for (const block of many) job.findings.unreadable(block, 1, 'EIO');
    const fs = Object.create(job.fs, { blocksCount: { value: 4000 } });
    sayUnread({ ...job, fs });
    const lines = world.said.stderr.trimEnd().split('\n');
    expect(lines).toHaveLength(1001);
    expect(lines.at(-1)).toBe('e2image: 203 more such ranges; a mapfile (--mapfile) has all of them');
  });
});
