import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { haveSameBytes } from '../support/file-bytes.ts';
import { copyOf, FIXTURE_NEEDS, fixture } from '../support/fixtures.ts';
import { LoopDevice } from '../support/loop.ts';
import { commandLine, describeNeeds, e2fsck, find, type Outcome, ours, run, type Tool } from '../support/oracle.ts';

/** A call that the kernel refuses: from the `from`-th on, or only that one. */
interface Fault {
  readonly call: 'pwrite64' | 'fsync' | 'fdatasync' | 'rename';
  readonly code: keyof typeof TEXT;
  readonly when?: string;
}
const TEXT = {
  EIO: 'Input/output error',
  ENOSPC: 'No space left on device',
  EDQUOT: 'Disk quota exceeded',
  EFBIG: 'File too large',
  EROFS: 'Read-only file system',
} as const;
const FAULTS: readonly Fault[] = [
  { call: 'pwrite64', code: 'EIO' },
  { call: 'pwrite64', code: 'ENOSPC', when: '2+' },
  { call: 'pwrite64', code: 'EDQUOT', when: '2+' },
  { call: 'pwrite64', code: 'EFBIG', when: '2+' },
  { call: 'pwrite64', code: 'EROFS' },
  { call: 'fsync', code: 'EIO' },
  { call: 'fsync', code: 'ENOSPC' },
  { call: 'rename', code: 'EIO' },
];

const WRITERS: readonly { readonly tool: Tool; readonly args: readonly string[] }[] = [
  { tool: 'e2image', args: ['-r'] },
  { tool: 'e2image', args: ['-Qa'] },
  { tool: 'e2image', args: ['-Q', '--compress', 'zlib'] },
  { tool: 'e2image', args: [] },
  { tool: 'e2scramble', args: [] },
  { tool: 'qcow2', args: ['convert', '-O', 'qcow2'] },
  { tool: 'sparse-copy', args: [] },
];

const hasStrace = find('strace') !== undefined;
const each = <T>(cases: readonly T[]) => (hasStrace ? test.each(cases) : test.skip.each(cases));
const NEEDS = hasStrace ? '' : ' [needs strace]';

describeNeeds([...FIXTURE_NEEDS, 'loop'], `a target that fails${NEEDS}`, () => {
  let folder = '';
  const file = (name: string): string => join(folder, name);
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'e2e-write-errors-'));
    mkdirSync(file('out'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /**
   * Run a command whose calls fail. On the executable: Node 20 now and then never ends under strace, its threads waiting
   * for each other when all is done.
   */
  function failing(
    tool: Tool,
    args: readonly string[],
    { call, code, when = '1+' }: Fault,
    stdout: string = '/dev/null',
  ): Outcome {
    const words = [
      '-f',
      '-qq',
      '-o',
      '/dev/null',
      '-e',
      `trace=${call}`,
      '-e',
      `inject=${call}:error=${code}:when=${when}`,
    ];
    const command = ['strace', ...words, ...commandLine(tool, 'standalone executable'), ...args];
    return run('sh', ['-c', 'exec "$@" > "$0"', stdout, ...command]);
  }

  each(WRITERS)(
    `$tool $args: status 1, the file named, its previous content is unchanged${NEEDS}`,
    ({ tool, args }) => {
      const source = fixture('ext4-1k');
      const image = file('out/image');
      for (const fault of FAULTS) {
        writeFileSync(image, 'old');
        const { status, stderr } = failing(tool, [...args, source, image], fault);
        expect({ fault, status, stderr }).toEqual({
          fault,
          status: 1,
          stderr: expect.stringMatching(new RegExp(`: ${TEXT[fault.code]} .*${image}$`, 'm')),
        });
        expect({ fault, left: readdirSync(file('out')), bytes: readFileSync(image, 'latin1').slice(0, 9) }).toEqual({
          fault,
          left: ['image'],
          bytes: 'old',
        });
      }
    },
  );

  each([{ code: 'EIO' }, { code: 'ENOSPC' }] as const)(
    `a restore that meets $code says what is left${NEEDS}`,
    ({ code }) => {
      const sound = fixture('ext4-1k');
      expect(ours(['-r', sound, file('image')]).status).toBe(0);
      const device = copyOf(sound, file('out/device'));
      writeFileSync(device, new Uint8Array(64 * 1024), { flag: 'r+' });
      truncateSync(device, 24 << 20);
      const { status, stderr } = failing('e2image-restore', ['--force', file('image'), device], {
        call: 'pwrite64',
        code,
      });
      expect({ status, stderr }).toEqual({
        status: 1,
        stderr: expect.stringContaining(`${TEXT[code]} while restoring ${device}; `),
      });
    },
  );

  test.each([
    { tool: 'e2image', args: ['-ra'], rest: ['-'] },
    { tool: 'e2image', args: ['-rn'], rest: ['new'] },
    { tool: 'sparse-copy', args: [], rest: ['-'] },
  ] as const)('$tool $args onto a full standard output: status 1, and it is named', ({ tool, args, rest }) => {
    const command = [...commandLine(tool), ...args, fixture('ext4-1k'), ...rest];
    expect(run('sh', ['-c', 'exec "$@" > /dev/full', 'sh', ...command])).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('No space left on device while writing standard output\n'),
    });
  });

  each([{ what: 'a file' }, { what: 'a device' }])(
    `$what that standard output leads to: fsync reports a lost write${NEEDS}`,
    ({ what }) => {
      writeFileSync(file('image'), '');
      truncateSync(file('image'), 24 << 20);
      using loop = LoopDevice.attach(file('image'));
      const target = what === 'a file' ? file('redirected') : loop.path;
      for (const tool of ['e2image', 'sparse-copy'] as const) {
        const args = [...(tool === 'e2image' ? ['-ra'] : []), fixture('ext4-1k'), '-'];
        expect(failing(tool, args, { call: 'fsync', code: 'EIO' }, target)).toMatchObject({
          status: 1,
          stderr: expect.stringContaining(TEXT.EIO),
        });
      }
    },
  );

  each([{ call: 'fdatasync' }, { call: 'pwrite64' }] as const)(
    `a rescue whose $call fails once calls nothing read that may be lost${NEEDS}`,
    ({ call }) => {
      const args = ['-ra', '--mapfile', file('map'), fixture('ext4-1k'), file('out/image')];
      const { status, stderr } = failing('e2image', args, { call, code: 'EIO', when: '1' });
      expect({ status, stderr }).toMatchObject({ status: 1, stderr: expect.stringContaining(TEXT.EIO) });
      if (call === 'fdatasync') expect(existsSync(file('map'))).toBe(false);
      expect(ours(args).status).toBe(0);
      expect(ours(['-ra', fixture('ext4-1k'), file('expected')]).status).toBe(0);
      expect(haveSameBytes(file('out/image'), file('expected'))).toBe(true);
    },
  );

  each([{ code: 'EIO' }, { code: 'ENOSPC' }] as const)(`a move that meets $code can be resumed${NEEDS}`, ({ code }) => {
    const sound = fixture('ext4-1k');
    const image = file('out/image');
    copyFileSync(sound, image);
    const stopped = failing('e2image-move', ['-O', '1048576', image], { call: 'pwrite64', code, when: '8+' });
    expect(stopped).toMatchObject({ status: 1, stderr: expect.stringContaining('finish it with: ') });
    expect(ours(['--resume', image], { tool: 'e2image-move' }).status).toBe(0);
    expect(readdirSync(file('out'))).toEqual(['image']);
    const moved = readFileSync(image).subarray(1 << 20);
    writeFileSync(file('moved'), moved);
    expect(e2fsck(file('moved'))).toEqual(e2fsck(sound));
  });
});
