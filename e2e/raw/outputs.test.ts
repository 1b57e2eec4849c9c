import { spawnSync } from 'node:child_process';
import {
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { makeFifo, prompt, start } from '../support/endless.ts';
import { digest, haveSameBytes } from '../support/file-bytes.ts';
import { FIXTURE_NEEDS, fixture } from '../support/fixtures.ts';
import { LoopDevice, Mount } from '../support/loop.ts';
import { commandLine, describeNeeds, ours, RUNTIMES, type Runtime, testNeeds, tool } from '../support/oracle.ts';

/** What is promised of every output (outputs.test.ts), where e2image has moments and targets of its own. */

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'e2e-raw-outputs-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const file = (name: string): string => join(folder, name);
const LARGE = 4 * 2 ** 30;

/** A file system whose 512 MiB of inode tables are zeros on the disk: long to read, quick to make. */
function large(): string {
  const options = ['-q', '-F', '-t', 'ext4', '-N', '2000000', '-E', 'lazy_itable_init=0,nodiscard'];
  expect(tool('mke2fs', [...options, file('large'), '4G']).status).toBe(0);
  return file('large');
}

describeNeeds(['mke2fs'], 'signals', () => {
  describe.each(RUNTIMES)('%s', (runtime: Runtime) => {
    describe.each(['SIGINT', 'SIGTERM'] as const)('%s', (signal) => {
      test('at any moment of an image: scanning, copying, fsync', async () => {
        const source = large();
        mkdirSync(file('out'));
        const moments = [60, 150, 250, 400, 600];
        for (const after of moments) {
          const ending = await prompt(async () => {
            writeFileSync(file('out/image'), 'old');
            const running = start('e2image', ['-r', source, file('out/image')], { runtime });
            await setTimeout(after);
            return running.end(signal);
          });
          expect([ending.status, ending.signal]).toEqual(ending.signal === null ? [0, null] : [null, signal]);
          expect(readdirSync(file('out'))).toEqual(['image']);
          // Under its name is the old one, or, when it came to that, all of the new one.
          expect([3, LARGE]).toContain(statSync(file('out/image')).size);
        }
      });

      test('while the inode tables are read into a pipe nobody reads', async () => {
        const source = large();
        makeFifo(file('pipe'));
        const pipe = openSync(file('pipe'), constants.O_RDWR);
        const ending = await prompt(async () => {
          const running = start('e2image', ['-r', source, '-'], { runtime, stdio: ['ignore', pipe, 'pipe'] });
          await setTimeout(600);
          return running.end(signal);
        });
        closeSync(pipe);
        expect(ending).toMatchObject({ status: null, signal });
      });

      test('while standard input gives nothing', async () => {
        mkdirSync(file('out'));
        const ending = await prompt(async () => {
          const stdio = ['pipe', 'ignore', 'pipe'] as const;
          const running = start('e2image', ['-r', '-', file('out/image')], { runtime, stdio: [...stdio] });
          await setTimeout(400);
          return running.end(signal);
        });
        expect(ending).toMatchObject({ status: null, signal });
        expect(readdirSync(file('out'))).toEqual([]);
      });

      test('while a FIFO has no reader', async () => {
        makeFifo(file('pipe'));
        const source = fixture('ext4-1k');
        const ending = await prompt(async () => {
          const running = start('e2image', ['-r', source, file('pipe')], { runtime });
          await setTimeout(400);
          return running.end(signal);
        });
        expect(ending).toMatchObject({ status: null, signal });
      });
    });
  });
});

describeNeeds([...FIXTURE_NEEDS, 'loop'], 'a full disk', () => {
  test.each([['-r'], ['-ra'], ['-rac']])(
    '%s: status 1, the file named, nothing left, the old image whole',
    (options) => {
      mkdirSync(file('small'));
      expect(tool('mount', ['-t', 'tmpfs', '-o', 'size=200k', 'tmpfs', file('small')]).status).toBe(0);
      try {
        const { status, stderr } = ours([options, fixture('ext4-1k'), file('small/image')]);
        expect([status, stderr]).toEqual([
          1,
          expect.stringContaining(`No space left on device while writing ${file('small/image')}\n`),
        ]);
        expect(readdirSync(file('small'))).toEqual([]);
      } finally {
        tool('umount', [file('small')]);
      }
    },
  );
});

describeNeeds([...FIXTURE_NEEDS, 'loop'], 'refused before anything is touched', () => {
  /** Run ours; it must refuse with a text, and leave every file as it is. */
  function expectRefused(args: readonly string[], text: string, ...watched: readonly string[]): void {
    const states = () => watched.map((path) => [digest(path), statSync(path).mtimeMs] as const);
    const before = states();
    const { status, stdout, stderr } = ours(args);
    expect([status, stdout.length, stderr]).toEqual([1, 0, expect.stringContaining(text)]);
    expect(states()).toEqual(before);
  }

  beforeEach(() => copyFileSync(fixture('ext4-1k'), file('fs')));

  test.each([['-r'], ['-ra'], ['-rac'], ['-raf'], ['-Q'], ['-Qa']])(
    '%s: the source itself, by name, link, hard link and descriptor',
    (options) => {
      linkSync(file('fs'), file('hard'));
      symlinkSync('fs', file('soft'));
      for (const name of ['fs', 'hard', 'soft']) {
        expectRefused([options, file('fs'), file(name)], 'are the same file', file('fs'));
      }
    },
  );

  test('a loop device on the source, and the source of a loop device', () => {
    using loop = LoopDevice.attach(file('fs'));
    expectRefused(['-r', file('fs'), loop.path], 'share bytes of one disk', file('fs'));
    expectRefused(['-r', loop.path, file('fs')], 'share bytes of one disk', file('fs'));
    expectRefused(['-raf', loop.path, loop.path], 'are the same file', file('fs'));
  });

  test('another loop device on overlapping bytes; not one on other bytes', () => {
    const size = statSync(file('fs')).size;
    tool('truncate', ['-s', `${2 * size}`, file('fs')]);
    using inside = LoopDevice.attach(file('fs'), { offset: 1 << 20, length: size });
    expectRefused(['-r', file('fs'), inside.path], 'share bytes of one disk', file('fs'));
    using source = LoopDevice.attach(file('fs'), { length: size });
    using behind = LoopDevice.attach(file('fs'), { offset: size });
    expect(ours(['-ra', source.path, behind.path]).status).toBe(0);
  });

  test('a mounted device, and the file under a mounted loop device', () => {
    copyFileSync(file('fs'), file('other'));
    using loop = LoopDevice.attach(file('other'));
    using _ = Mount.on(loop.path, 'ro,noload');
    expectRefused(['-r', file('fs'), loop.path], 'is mounted on', file('other'));
    expectRefused(['-ra', file('fs'), file('other')], 'is mounted on', file('other'));
    expectRefused(['-rac', file('fs'), file('other')], 'is mounted on', file('other'));
    expectRefused(['-raO', '4096', file('fs'), loop.path], 'is mounted on', file('other'));
  });

  test('a device that another program holds', async () => {
    copyFileSync(file('fs'), file('other'));
    using loop = LoopDevice.attach(file('other'));
    // An exclusive holder, as RAID, LVM or another clone is.
    const fd = openSync(loop.path, constants.O_RDWR | constants.O_EXCL);
    try {
      expectRefused(['-r', file('fs'), loop.path], 'is in use by another program or device', file('other'));
    } finally {
      closeSync(fd);
    }
  });

  test('a device whose file system another host uses, as its MMP block says; unless forced', () => {
    const source = file('fs');
    tool('truncate', ['-s', `${statSync(source).size}`, file('shared')]);
    tool('mke2fs', ['-q', '-F', '-t', 'ext4', '-O', 'mmp', file('shared')]);
    // Sequence 1 at the place that dumpe2fs names.
    const text = new TextDecoder().decode(tool('dumpe2fs', ['-h', file('shared')]).stdout);
    const [, block] = /MMP block number:\s+(\d+)/.exec(text) ?? [];
    const [, size] = /Block size:\s+(\d+)/.exec(text) ?? [];
    const bytes = readFileSync(file('shared'));
    bytes.writeUInt32LE(1, Number(block) * Number(size) + 4);
    writeFileSync(file('shared'), bytes);
    using loop = LoopDevice.attach(file('shared'));
    expectRefused(['-ra', source, loop.path], 'marks as in use (MMP sequence 0x1)', file('shared'));
    expect(ours(['-ra', '--force', source, loop.path]).status).toBe(0);
  });

  test('a device whose MMP block is damaged, unless forced; as a source it is imaged all the same', () => {
    tool('truncate', ['-s', `${statSync(file('fs')).size}`, file('shared')]);
    tool('mke2fs', ['-q', '-F', '-t', 'ext4', '-b', '1024', '-O', 'mmp', file('shared')]);
    const text = new TextDecoder().decode(tool('dumpe2fs', ['-h', file('shared')]).stdout);
    const block = Number(/MMP block number:\s+(\d+)/.exec(text)?.[1]);
    const bytes = readFileSync(file('shared'));
    bytes.write('XXXX', block * 1024);
    writeFileSync(file('shared'), bytes);
    expect(ours(['-r', file('shared'), file('image')]).status).toBe(0);
    using loop = LoopDevice.attach(file('shared'));
    const reason = `whose MMP block ${block} is damaged (magic number 0x58585858)`;
    expectRefused(['-ra', file('fs'), loop.path], reason, file('shared'));
    expect(ours(['-ra', '--force', file('fs'), loop.path]).status).toBe(0);
  });

  testNeeds(['qemu-img'], 'the backing file of a QCOW2 image', () => {
    linkSync(file('fs'), file('hard'));
    tool('qemu-img', ['create', '-q', '-f', 'qcow2', '-b', file('fs'), '-F', 'raw', file('over')]);
    for (const options of [['-r'], ['-rac'], ['-Q']]) {
      expectRefused([...options, file('over'), file('fs')], 'are the same file', file('fs'));
      expectRefused([...options, file('over'), file('hard')], 'are the same file', file('fs'));
    }
    expect(ours(['-r', file('over'), file('new')]).status).toBe(0);
  });

  test('a place in a disk for an image to be put back: it would go to the beginning', () => {
    copyFileSync(file('fs'), file('disk'));
    expect(ours([file('fs'), file('normal')]).status).toBe(0);
    expectRefused(['-I', '-O', '4096', file('disk'), file('normal')], 'Offsets are only allowed', file('disk'));
    expectRefused(['-I', '-o', '4096', file('disk'), file('normal')], 'Offsets are only allowed', file('disk'));
  });

  test('a place that no position can name, and standard output that appends', () => {
    copyFileSync(file('fs'), file('disk'));
    for (const offset of ['9007199254740991', '4503599627370495']) {
      expectRefused(['-raO', offset, file('fs'), file('disk')], 'the image would end at byte', file('disk'));
    }
    const fd = openSync(file('disk'), 'a');
    try {
      const [program, ...args] = commandLine();
      const { status, stderr } = spawnSync(program, [...args, '-raO', '4096', file('fs'), '-'], {
        stdio: ['ignore', fd, 'pipe'],
        encoding: 'latin1',
      });
      expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringContaining('appended to') });
    } finally {
      closeSync(fd);
    }
    expect(haveSameBytes(file('disk'), file('fs'))).toBe(true);
  });

  testNeeds(['root'], 'a target that is neither a file nor a device', () => {
    expect(existsSync(file('nothing'))).toBe(false);
    expectRefused(['-r', file('fs'), folder], 'Is a directory', file('fs'));
  });
});
