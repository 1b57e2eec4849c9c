import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { noise } from '../support/content.ts';
import { haveSameBytes } from '../support/file-bytes.ts';
import { FIXTURE_NEEDS, fixture } from '../support/fixtures.ts';
import { LoopDevice } from '../support/loop.ts';
import { cE2image, commandLine, describeNeeds, e2fsck, ours, testNeeds, tool } from '../support/oracle.ts';

const MIB = 1 << 20;
const AT = `${MIB}`;

let folder = '';
let source = '';
beforeAll(() => {
  source = fixture('ext4-1k');
});
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'e2e-offsets-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const file = (name: string): string => join(folder, name);

/** A disk: 1 MiB of noise, the file system (or nothing), and noise after it. */
function disk(name: string, content: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(MIB + content.length + 700_001);
  bytes.set(noise(MIB, 21));
  bytes.set(content, MIB);
  bytes.set(noise(700_001, 22), MIB + content.length);
  writeFileSync(file(name), bytes);
  return bytes;
}

/** Run ours; it must end with 0. */
function done(...args: readonly string[]): { readonly stdout: string; readonly stderr: string } {
  const { status, stdout, stderr } = ours(args);
  expect({ status, stderr }).toEqual({ status: 0, stderr: expect.any(String) });
  return { stdout: new TextDecoder('latin1').decode(stdout), stderr };
}

/** What e2fsck says of the file system at 1 MiB of a file. */
function fsckInside(path: string): ReturnType<typeof e2fsck> {
  using loop = LoopDevice.attach(path, { offset: MIB });
  const { status, text } = e2fsck(loop.path);
  return { status, text };
}

describeNeeds([...FIXTURE_NEEDS, 'loop', 'e2image'], 'the four uses of the OFFSETS of e2image(8)', () => {
  test('-aro 1048576 img /dev/sda1: out of the image of a disk onto a partition', () => {
    const fs = readFileSync(source);
    disk('img', fs);
    for (const name of ['mine', 'theirs']) writeFileSync(file(name), noise(fs.length, 23));
    {
      using mine = LoopDevice.attach(file('mine'));
      using theirs = LoopDevice.attach(file('theirs'));
      done('--select', 'compat', '-aro', AT, file('img'), mine.path);
      expect(cE2image(['-aro', AT, file('img'), theirs.path]).status).toBe(0);
    }
    const [mine, theirs] = [readFileSync(file('mine')), readFileSync(file('theirs'))];
    expect(mine.subarray(0, -1).equals(theirs.subarray(0, -1))).toBe(true);
    // C writes a zero there, wherever the last block belongs to no file.
    expect(mine.at(-1)).toBe(noise(fs.length, 23).at(-1));
    expect(e2fsck(file('mine'))).toEqual(e2fsck(source));
  });

  test('-arO 1048576 /dev/sda1 img: from a partition into a file, with room for a partition table', () => {
    {
      using loop = LoopDevice.attach(source, { readOnly: true });
      done('-arO', AT, loop.path, file('img'));
    }
    expect(statSync(file('img')).size).toBe(MIB + statSync(source).size);
    expect(readFileSync(file('img')).subarray(0, MIB).equals(new Uint8Array(MIB))).toBe(true);
    expect(fsckInside(file('img'))).toEqual(e2fsck(source));
  });

  test('-arO 1048576 img: moved to the right in place', () => {
    copyFileSync(source, file('img'));
    done('-arO', AT, file('img'));
    expect(fsckInside(file('img'))).toEqual(e2fsck(source));
  });

  test('-aro 1048576 img: moved to the left in place', () => {
    disk('img', readFileSync(source));
    done('-aro', AT, file('img'));
    truncateSync(file('img'), statSync(source).size);
    expect(e2fsck(file('img'))).toEqual(e2fsck(source));
  });

  test('a loop device that begins inside of a disk is a partition like any other', () => {
    disk('img', readFileSync(source));
    writeFileSync(file('copy'), '');
    truncateSync(file('copy'), 2 * MIB + statSync(source).size);
    {
      using from = LoopDevice.attach(file('img'), { offset: MIB });
      using to = LoopDevice.attach(file('copy'), { offset: MIB });
      done('-ra', from.path, to.path);
    }
    expect(fsckInside(file('copy'))).toEqual(e2fsck(source));
  });
});

describeNeeds(FIXTURE_NEEDS, '-O into the image of a disk', () => {
  test.each([['-raO'], ['-rO'], ['-racO'], ['-rapO']])(
    '%s keeps every byte before and after the file system',
    (options) => {
      const size = statSync(source).size;
      const before = disk('img', noise(size, 24));
      done(options, AT, source, file('img'));
      const after = readFileSync(file('img'));
      expect(after.length).toBe(before.length);
      expect(after.subarray(0, MIB).equals(before.subarray(0, MIB))).toBe(true);
      expect(after.subarray(MIB + size).equals(before.subarray(MIB + size))).toBe(true);
      expect(after.equals(before)).toBe(false);
    },
  );

  testNeeds(['loop'], 'and on a disk that is a device', () => {
    const size = statSync(source).size;
    const before = disk('img', noise(size, 25)).subarray(0, MIB + size + 512 * 1024);
    writeFileSync(file('img'), before);
    {
      using loop = LoopDevice.attach(file('img'));
      done('-raO', AT, source, loop.path);
    }
    const after = readFileSync(file('img'));
    expect(after.subarray(0, MIB).equals(before.subarray(0, MIB))).toBe(true);
    expect(after.subarray(MIB + size).equals(before.subarray(MIB + size))).toBe(true);
    expect(fsckInside(file('img'))).toEqual(e2fsck(source));
  });
});

const COUNT = /^(\d+) blocks already contained the data to be copied\n$/;

describeNeeds(FIXTURE_NEEDS, '-c', () => {
  beforeEach(() => done('-ra', source, file('whole')));

  test('an equal target: every block is counted, none is written', () => {
    copyFileSync(file('whole'), file('out'));
    const all = done('-ran', source, '-').stdout.split('\n').length - 1;
    expect(done('-rac', source, file('out')).stdout).toBe(`${all} blocks already contained the data to be copied\n`);
    expect(haveSameBytes(file('out'), file('whole'))).toBe(true);
  });

  test.each([
    ['absent', 0],
    ['empty', 0],
    ['cut in the middle of a block', 5_000_333],
    ['longer', 30 * MIB],
  ])('a target that is %s becomes the same', (state, size) => {
    if (state !== 'absent') {
      copyFileSync(file('whole'), file('out'));
      truncateSync(file('out'), size);
    }
    const [, count] = COUNT.exec(done('-rac', source, file('out')).stdout) ?? [];
    expect(haveSameBytes(file('out'), file('whole'))).toBe(true);
    expect(Number(count) > 0).toBe(size > 0);
  });

  test('one differing block is written, the others are counted', () => {
    copyFileSync(file('whole'), file('out'));
    const bytes = readFileSync(file('out'));
    bytes.fill(0x5a, 1024, 2048);
    writeFileSync(file('out'), bytes);
    const equal = COUNT.exec(done('-rac', source, file('whole')).stdout)?.[1];
    expect(COUNT.exec(done('-rac', source, file('out')).stdout)?.[1]).toBe(`${Number(equal) - 1}`);
    expect(haveSameBytes(file('out'), file('whole'))).toBe(true);
  });
});

describeNeeds(FIXTURE_NEEDS, '-n touches nothing', () => {
  const stateOf = (path: string) => {
    if (!existsSync(path)) return 'absent';
    const { size, mtimeMs, ctimeMs, ino, blocks } = statSync(path);
    return { size, mtimeMs, ctimeMs, ino, blocks };
  };

  describe.each([['absent'], ['shorter'], ['longer']])('a target that is %s', (state) => {
    test.each([['-rn'], ['-ran'], ['-rcn'], ['-racn'], ['-rnp'], ['-rnO4096'], ['-ranO1048576']])('%s', (options) => {
      if (state === 'shorter') writeFileSync(file('out'), noise(100_000, 26));
      if (state === 'longer') writeFileSync(file('out'), noise(30 * MIB, 27));
      const before = [stateOf(file('out')), statSync(folder).mtimeMs];
      expect(done(options, source, file('out')).stdout).toMatch(/^(Writing block \d+\n)+(\d+ blocks already .*\n)?$/);
      expect([stateOf(file('out')), statSync(folder).mtimeMs]).toEqual(before);
    });
  });

  testNeeds(['loop'], 'a device', () => {
    writeFileSync(file('backing'), noise(statSync(source).size, 28));
    {
      using loop = LoopDevice.attach(file('backing'));
      done('-ran', source, loop.path);
    }
    expect(readFileSync(file('backing')).equals(noise(statSync(source).size, 28))).toBe(true);
  });

  test('the source of a move in place', () => {
    const before = disk('img', readFileSync(source));
    ours(['-rano', AT, file('img')]);
    expect(readFileSync(file('img')).equals(before)).toBe(true);
  });
});

describeNeeds(FIXTURE_NEEDS, '-p', () => {
  const LAST = /\rCopied (\d+) \/ \1 blocks \(100%\) in \d\d:\d\d:\d\d (at [\d.]+ MB\/s)? {7}\r?\n$/;

  test.each([
    ['-rp', 'out'],
    ['-rap', 'out'],
    ['-rapO4096', 'out'],
    ['-rap', '-'],
    ['-racp', 'out'],
    ['-ranp', 'out'],
  ])('%s %s: the lines of C on standard error, with honest totals', (options, target) => {
    const { stderr } = done(options, source, target === '-' ? target : file(target));
    expect(stderr).toContain('Scanning inodes...\nCopying 0 / ');
    expect(stderr).toMatch(LAST);
  });

  testNeeds(['e2image'], 'the same bytes as C says, where its counts are right', () => {
    const counts = (text: string) => / (\d+ \/ \d+) blocks \(100%\)/.exec(text)?.[1];
    expect(counts(done('-rp', source, file('out')).stderr)).toBe(
      counts(cE2image(['-rp', source, file('theirs')]).stderr),
    );
  });

  test('on a terminal: a bar, and then the same last line', () => {
    const command = [...commandLine(), '-rap', source, file('out')].map((word) => `'${word}'`).join(' ');
    const { status, stdout } = tool('script', ['-qec', command, '/dev/null'], { env: { TERM: 'xterm' } });
    const shown = new TextDecoder().decode(stdout);
    expect({ status, shown }).toEqual({ status: 0, shown: expect.stringMatching(/Copying .*[█▉=#░].*%/) });
    expect(shown).toMatch(LAST);
  });
});
