import { COMMON_OPTIONS, type CommandTable } from './parse/options.ts';
import { commandMain } from './run-command.ts';
import { fakeSignals, fakeWorld } from './testing.ts';
import { CliError } from './world/errors.ts';
import type { World } from './world/world.ts';

const TABLE = {
  summary: 'Try things.',
  usage: ['[ -b N ] file', '-x file'],
  options: { block: { short: 'b', long: 'block', value: 'N', help: 'a number' }, ...COMMON_OPTIONS },
  notes: ['More.'],
} as const satisfies CommandTable;

const USAGE = 'Usage: prog [ -b N ] file\n       prog -x file\n';

async function run(argv: string[], body: () => Promise<number> = async () => 0, env: World['env'] = {}) {
  const world = fakeWorld({ env });
  const signals = fakeSignals();
  const main = commandMain({ table: TABLE, version: '1.2.3', banner: 'banner\n', run: body }, signals);
  const status = await main(argv, world);
  return { status, ...world.said, killed: signals.killed };
}

const failing = (error: unknown) => async (): Promise<number> => {
  throw error;
};

describe('commandMain', () => {
  test('gives the status of the command, after the banner', async () => {
    expect(await run(['x'], async () => 3)).toMatchObject({ status: 3, stderr: 'banner\n', stdout: '' });
  });

  test('--help is on standard output, with every option of the table, and status 0', async () => {
    const { status, stdout, stderr } = await run(['--help']);
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toBe(
      `${USAGE}\nTry things.\n\n  -b, --block N  a number\n      --help     show this text\n` +
        '      --version  show the version\n\nMore.\n',
    );
  });

  test('--version is on standard output', async () => {
    expect(await run(['--version'])).toMatchObject({ status: 0, stdout: 'prog 1.2.3\n', stderr: '' });
  });

  test('a spelling error is one line and the usage', async () => {
    expect(await run(['-z'])).toMatchObject({ status: 1, stderr: `banner\nprog: invalid option -- 'z'\n${USAGE}` });
  });

  test('a usage error without words is the usage alone', async () => {
    expect(await run([], failing(new CliError('CLI_USAGE', '')))).toMatchObject({
      status: 1,
      stderr: `banner\n${USAGE}`,
    });
  });

  test('a refusal may come without the name in front, and with a status of its own', async () => {
    const error = new CliError('CLI_REFUSED', 'The -c option only supported in raw mode', { isBare: true, status: 4 });
    expect(await run([], failing(error))).toMatchObject({
      status: 4,
      stderr: 'banner\nThe -c option only supported in raw mode\n',
    });
  });

  test('a system error reads like strerror and names its file, harmlessly', async () => {
    const error = Object.assign(new Error('x'), { code: 'ENOSPC', syscall: 'write', path: '/a\u001bb' });
    expect((await run([], failing(error))).stderr).toBe('banner\nprog: No space left on device: /a\\x1bb\n');
  });

  test('a library error is its message', async () => {
    const error = Object.assign(new Error('inode 12: extent depth 9, limit is 5'), { code: 'EXT_CORRUPT' });
    expect((await run([], failing(error))).stderr).toBe('banner\nprog: inode 12: extent depth 9, limit is 5\n');
  });

  test.each([
    new TypeError('x is not a function'),
    Object.assign(new RangeError('out of range'), { code: 'ERR_OUT_OF_RANGE' }),
    'a string',
  ])('a bug is one line that says so: %s', async (error) => {
    const { status, stderr } = await run([], failing(error));
    expect(status).toBe(1);
    expect(stderr).toMatch(/^banner\nprog: internal error: .*; this is a bug \(E2IMAGE_DEBUG=1 shows where\)\n$/);
  });

  test('the trace comes when it is asked for', async () => {
    const { stderr } = await run([], failing(new TypeError('oops')), { E2IMAGE_DEBUG: '1' });
    expect(stderr).toMatch(/\n {4}at .*run-command\.test/);
  });

  test('a closed pipe is death by SIGPIPE, without a message', async () => {
    const error = Object.assign(new Error('EPIPE'), { code: 'EPIPE', syscall: 'write' });
    expect(await run([], failing(error))).toMatchObject({ status: 141, stderr: 'banner\n', killed: ['SIGPIPE'] });
  });
});
