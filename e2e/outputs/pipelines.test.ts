import {
  closeSync,
  constants,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { makeFifo, start } from '../support/endless.ts';
import { copyOf, FIXTURE_NEEDS, fixture } from '../support/fixtures.ts';
import { commandLine, describeNeeds, e2fsck, type Outcome, qemuImg, testNeeds, tool } from '../support/oracle.ts';

/** The pipelines of README.md, as they stand there but for the names of files, and what they rely on. */

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'e2e-pipelines-'));
  copyOf(fixture('full-of-files'), file('disk'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const file = (name: string): string => join(folder, name);

/** Our commands by their names, as they are in the PATH of a user of the executable. */
function shell(script: string, env: Readonly<Record<string, string>> = {}): Outcome {
  const PATH = `${dirname(commandLine('e2image', 'standalone executable')[0])}${delimiter}${process.env['PATH']}`;
  return tool('bash', ['-c', `set -o pipefail; cd '${folder}'; ${script}`], { env: { PATH, ...env } });
}

function expectDone(script: string): string {
  const { status, stdout, stderr } = shell(script);
  expect({ status, stderr }).toEqual({ status: 0, stderr: expect.any(String) });
  return new TextDecoder().decode(stdout);
}

const same = (a: string, b: string): void => expect(tool('cmp', [file(a), file(b)])).toMatchObject({ status: 0 });

describeNeeds([...FIXTURE_NEEDS, 'qemu-img'], 'a pipeline', () => {
  test('from a compressed disk to an image', () => {
    expectDone('gzip -c disk > disk.gz; zcat disk.gz | e2image -Q - disk.qcow2; e2image -r disk direct');
    expect(qemuImg(['compare', file('direct'), file('disk.qcow2')])).toMatchObject({ status: 0 });
    expect(qemuImg(['check', file('disk.qcow2')])).toMatchObject({ status: 0 });
  });

  test('from the metadata of a disk to a sparse file elsewhere', () => {
    expectDone('e2image -r disk - | cat | sparse-copy - disk.img; e2image -r disk direct');
    same('disk.img', 'direct');
    expect(statSync(file('disk.img')).blocks).toBeLessThanOrEqual(statSync(file('direct')).blocks + 8);
  });

  test('from a disk to a check that says what qemu-img says', () => {
    expect(expectDone('e2image -Q disk - | qcow2 check -')).toContain('No errors were found on the image.');
    const { status } = shell('e2image -Q disk - | head -c 50000 | qcow2 check -q -');
    expect(status).not.toBe(0);
  });

  test('from the image of a machine to a sparse file', () => {
    expectDone('qcow2 convert --compress=zlib disk vm.qcow2; qcow2 cat vm.qcow2 | sparse-copy - vm.img');
    same('vm.img', 'disk');
  });

  test('from a disk through a compressor and back, in all formats', () => {
    for (const options of ['-ra', '-Qa']) {
      expectDone(`e2image ${options} disk - | gzip -1 > x.gz; zcat x.gz | e2image -ra - back; e2image -ra disk direct`);
      same('back', 'direct');
    }
    expect(e2fsck(file('back'))).toEqual(e2fsck(file('disk')));
    expectDone('e2image disk - | gzip | zcat | e2image-restore - disk');
  });

  test('from an image to a scrambled one, QCOW2 and raw', () => {
    for (const options of ['-r', '-Q']) {
      expectDone(`e2image ${options} disk - | e2scramble - - | gzip > bug-report.gz; zcat bug-report.gz > report`);
      expectDone(`e2image -r report report.raw; e2image -r disk direct`);
      expect(e2fsck(file('report.raw')).status).toBe(e2fsck(file('direct')).status);
      expect(readFileSync(file('report.raw')).includes('lost+found')).toBe(true);
      expect(readFileSync(file('report.raw')).includes('file0')).toBe(false);
    }
  });

  test('to a store that needs the size first', () => {
    for (const options of ['-r', '-Qa', '-Qa --compress zlib']) {
      const size = Number(expectDone(`e2image --measure ${options} disk`));
      expect(Number(expectDone(`e2image ${options} disk - | wc -c`))).toBe(size);
    }
  });

  test('standard input by its other names: a pipe has no folder where names in an image could lead', () => {
    expectDone('qcow2 convert disk vm.qcow2; e2image -r disk direct');
    for (const name of ['-', '/dev/stdin', '/dev/fd/0']) {
      expect(expectDone(`cat vm.qcow2 | qcow2 info ${name}`)).toContain('virtual size');
      expect(expectDone(`cat vm.qcow2 | qcow2 map ${name}`)).toContain('0x');
      expect(expectDone(`cat vm.qcow2 | qcow2 compare disk ${name}`)).toContain('identical');
      expectDone(`cat vm.qcow2 | e2image -rb 1 -B 1024 ${name} back`);
      same('back', 'direct');
    }
    qemuImg(['create', '-q', '-f', 'qcow2', '-u', '-b', 'disk', '-F', 'raw', file('hostile.qcow2'), '8M']);
    makeFifo(file('fifo'));
    const { status, stderr } = shell('cat hostile.qcow2 > fifo & e2image -r fifo back; s=$?; wait; exit $s');
    expect([status, stderr]).toEqual([1, expect.stringContaining('backing file')]);
  });
});

describeNeeds([...FIXTURE_NEEDS, 'qemu-img'], 'a spool', () => {
  test('is reported with -p, and not without', () => {
    const told = /spooled first|temporary file first/;
    expect(shell('cat disk | e2image -rp - a').stderr).toMatch(told);
    expect(shell('cat disk | e2image -r - b').stderr).not.toMatch(told);
    expect(shell('cat disk | qcow2 convert -p - c').stderr).toMatch(told);
    expect(shell('cat disk | e2scramble -p - d').stderr).toMatch(told);
  });

  test('has no name from the start: kill -9 leaves nothing', async () => {
    mkdirSync(file('spool'));
    makeFifo(file('fifo'));
    const pipe = openSync(file('fifo'), constants.O_RDWR);
    const running = start('e2image', ['-Q', '--spool', file('spool'), file('fifo'), file('image')], {
      runtime: 'standalone executable',
    });
    const bytes = readFileSync(file('disk'));
    for (let done = 0; done < bytes.length; ) done += writeSync(pipe, bytes, done);
    const fds = `/proc/${running.child.pid}/fd`;
    const opened = readdirSync(fds).map((fd) => readlinkSync(join(fds, fd)));
    // Linux shows `#` and the inode of a file that never had a name.
    expect(opened).toContainEqual(expect.stringMatching(/spool\/#\d+ \(deleted\)$/));
    expect(readdirSync(file('spool'))).toEqual([]);
    await running.end('SIGKILL');
    closeSync(pipe);
    expect([readdirSync(file('spool')), readdirSync(folder)]).toEqual([[], expect.not.arrayContaining(['image'])]);
  });

  testNeeds(['root'], 'that does not fit is an error that names the folder, and nothing is made', () => {
    expectDone('qcow2 convert disk vm.qcow2; qemu-img convert -c -W -O qcow2 disk unordered.qcow2');
    copyOf(fixture('full-of-files'), file('device'));
    mkdirSync(file('spool'));
    expect(tool('mount', ['-t', 'tmpfs', '-o', 'size=300k', 'tmpfs', file('spool')]).status).toBe(0);
    try {
      for (const command of [
        'cat disk | e2image -Q --spool spool - out',
        'cat disk | e2image -r --measure --spool spool -',
        'cat disk | e2image-restore --spool spool - device',
        'cat disk | e2image -I --spool spool device -',
        'cat disk | e2scramble --spool spool - out',
        'cat disk | qcow2 convert --spool spool - out',
        'head -c 20M /dev/urandom > noise; qcow2 convert --compress=zlib --level=1 --spool spool noise -',
        'cat vm.qcow2 | qcow2 check --spool spool -',
        'cat vm.qcow2 | qcow2 info --spool spool -',
        'cat vm.qcow2 | qcow2 map --spool spool -',
        'cat vm.qcow2 | qcow2 compare --spool spool disk -',
      ]) {
        const { status, stdout, stderr } = shell(command);
        expect([command, status === 0, stdout.length]).toEqual([command, false, 0]);
        expect([command, stderr]).toEqual([
          command,
          expect.stringMatching(/the spool in spool is full after \d+ bytes/),
        ]);
      }
      expect(readdirSync(folder)).not.toContain('out');
    } finally {
      tool('umount', [file('spool')]);
    }
    // With room, the same options work; TMPDIR is what counts without them.
    expectDone('cat vm.qcow2 | qcow2 check --spool . -');
    same('device', 'disk');
  });

  test('of a compressed image is memory at first: a folder that is not there is not missed', () => {
    const { status, stderr } = shell('e2image -Qa --compress zlib --spool /nonexistent disk - | wc -c');
    expect([status, stderr]).toEqual([0, expect.not.stringContaining('nonexistent')]);
  });
});
