import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fixture } from '../support/fixtures.ts';
import { commandLine, describeNeeds, find, ours, qemuImg, type Tool, tool } from '../support/oracle.ts';
import type { Recipe } from '../support/recipe.ts';

const RECIPE: Recipe = { name: 'unknown-format', mke2fs: '-t ext4', size: '8M', debugfs: ['write @text text'] };
const READS = 'pread64,read,preadv';

const hasStrace = find('strace') !== undefined;
const NEEDS = hasStrace ? '' : ' [needs strace]';

// The first bytes of a file say what it is. A read of them that fails must not make an image a raw disk.
describeNeeds(['mke2fs', 'debugfs', 'e2fsck', 'qemu-img'], `an image whose first bytes cannot be read${NEEDS}`, () => {
  let folder = '';
  const file = (name: string): string => join(folder, name);
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'e2e-format-'));
    expect(ours(['-Qa', fixture(RECIPE), file('image')]).status).toBe(0);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** Run a command whose reads of the image fail: `when` says which. */
  function withFailingReads(when: string, command: Tool, ...args: readonly string[]) {
    const inject = ['-e', `trace=${READS}`, '-e', `inject=${READS}:error=EIO:when=${when}`];
    const line = commandLine(command, 'standalone executable');
    return tool('strace', ['-f', '-qq', '-o', '/dev/null', '-P', file('image'), ...inject, ...line, ...args]);
  }

  const test_ = hasStrace ? test : test.skip;

  test_('once, is read as what it is', () => {
    expect(withFailingReads('1', 'qcow2', 'convert', file('image'), file('out'))).toMatchObject({ status: 0 });
    const compared = qemuImg(['compare', '-f', 'qcow2', '-F', 'raw', file('image'), file('out')]);
    expect(compared).toMatchObject({ status: 0 });
    rmSync(file('out'));
  });

  test_.each([
    ['qcow2', ['convert', 'IMAGE', 'OUT'], 1],
    ['qcow2', ['compare', 'IMAGE', 'SOURCE'], 2],
    ['e2scramble', ['IMAGE', 'OUT'], 1],
    ['e2image-restore', ['-n', 'IMAGE', 'SOURCE'], 1],
  ] as const)('%s %j ends with the error and the name, and makes nothing', (command, words, status) => {
    const places: Readonly<Record<string, string>> = {
      IMAGE: file('image'),
      OUT: file('out'),
      SOURCE: fixture(RECIPE),
    };
    const outcome = withFailingReads('1+', command, ...words.map((word) => places[word] ?? word));
    expect({ status: outcome.status, stderr: outcome.stderr }).toEqual({
      status,
      stderr: expect.stringMatching(/Input\/output error while .*\/image\n$/),
    });
    expect(existsSync(file('out'))).toBe(false);
  });
});
