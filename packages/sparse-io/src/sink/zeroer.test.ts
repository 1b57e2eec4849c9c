import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import type { KernelCalls } from '../kernel/kernel-calls.ts';
import { injectedError, tempFolder } from '../testing.ts';
import { type ZeroMethod, zeroer } from './zeroer.ts';

const SIZE = 4096;

interface Setting {
  readonly isBlockDevice: boolean;
  /** Calls that fail, and the codes they fail with. */
  readonly refused?: Readonly<Record<string, string>>;
  readonly hasKernel?: boolean;
}

/** Zero the given ranges of a file of 0xff. The kernel calls are recorded and change nothing. */
function run(method: ZeroMethod, ranges: readonly (readonly [number, number])[], setting: Setting) {
  using folder = tempFolder();
  const path = folder.file('a');
  writeFileSync(path, new Uint8Array(SIZE).fill(255));
  const fd = openSync(path, 'r+');
  const asked: string[] = [];
  const call = (name: string) => (_fd: number, offset: number, length: number) => {
    const code = setting.refused?.[name];
    asked.push(`${name}${code === undefined ? '' : ` ${code}`} ${offset} ${length}`);
    if (code !== undefined) throw injectedError(code, name);
  };
  const kernel = { punchHole: call('punchHole'), zeroOut: call('zeroOut'), discard: call('discard') };
  const target = {
    fd,
    isBlockDevice: setting.isBlockDevice,
    kernel: setting.hasKernel === false ? undefined : withCalls(kernel),
  };
  const zero = zeroer(method, target);
  for (const [offset, length] of ranges) zero(offset, length);
  closeSync(fd);
  const bytes = readFileSync(path);
  return {
    asked,
    isZero: (offset: number, length: number) => bytes.subarray(offset, offset + length).every((b) => b === 0),
    kept: bytes.filter((b) => b === 255).length,
  };
}

/** Only the calls that a zeroer may use; any other one is undefined and would throw. */
function withCalls(calls: Pick<KernelCalls, 'punchHole' | 'zeroOut' | 'discard'>): KernelCalls {
  return Object.assign(Object.create(null), calls);
}

const FILE = { isBlockDevice: false };
const DEVICE = { isBlockDevice: true };

describe('zeroer', () => {
  test('hole does nothing', () => {
    expect(run('hole', [[0, SIZE]], FILE)).toMatchObject({ asked: [], kept: SIZE });
  });

  test('without kernel calls exactly the bytes of the range are written', () => {
    const { isZero, kept } = run('punch', [[100, 1000]], { ...FILE, hasKernel: false });
    expect([isZero(100, 1000), kept]).toEqual([true, SIZE - 1000]);
  });

  test('where a file cannot be punched, zeros are written, and punching is not tried again', () => {
    const { asked, isZero, kept } = run(
      'punch',
      [
        [0, 512],
        [1024, 512],
      ],
      { ...FILE, refused: { punchHole: 'EOPNOTSUPP' } },
    );
    expect([asked, isZero(0, 512), isZero(1024, 512), kept]).toEqual([
      ['punchHole EOPNOTSUPP 0 512'],
      true,
      true,
      SIZE - 1024,
    ]);
  });

  test('an error of the disk is thrown, and is not a reason to write', () => {
    expect(() => run('punch', [[0, 512]], { ...FILE, refused: { punchHole: 'EIO' } })).toThrow(
      expect.objectContaining({ code: 'EIO' }),
    );
  });

  test('a device gets a call for the whole sectors, and writes for the ends', () => {
    const { asked, isZero, kept } = run('write', [[500, 1048]], DEVICE);
    expect(asked).toEqual(['zeroOut 512 1024']);
    expect([isZero(500, 12), isZero(1536, 12), kept]).toEqual([true, true, SIZE - 24]);
  });

  test('a range inside one sector is written', () => {
    expect(run('write', [[10, 20]], DEVICE)).toMatchObject({ asked: [], kept: SIZE - 20 });
  });

  test('punch on a device falls back to zeroing out, then to writing', () => {
    const refused = { punchHole: 'EOPNOTSUPP', zeroOut: 'EOPNOTSUPP' };
    const { asked, isZero } = run(
      'punch',
      [
        [0, 1024],
        [2048, 512],
      ],
      { ...DEVICE, refused },
    );
    expect(asked).toEqual(['punchHole EOPNOTSUPP 0 1024', 'zeroOut EOPNOTSUPP 0 1024']);
    expect([isZero(0, 1024), isZero(2048, 512)]).toEqual([true, true]);
  });

  test('every code that means "unsupported" falls back, and every other one is thrown', () => {
    for (const code of ['EOPNOTSUPP', 'ENOTTY', 'EINVAL', 'ENOSYS', 'ENODEV', 'EPERM']) {
      expect(run('punch', [[0, 512]], { ...FILE, refused: { punchHole: code } }).isZero(0, 512)).toBe(true);
    }
    for (const code of ['ENOSPC', 'EBADF']) {
      expect(() => run('punch', [[0, 512]], { ...FILE, refused: { punchHole: code } })).toThrow(
        expect.objectContaining({ code }),
      );
    }
  });

  test.each<[ZeroMethod, string[]]>([
    ['punch', ['punchHole 512 1024']],
    ['write', []],
    ['discard', ['punchHole 512 1024']],
  ])('%s on a file asks for %j', (method, expected) => {
    const { asked, kept } = run(method, [[512, 1024]], FILE);
    expect([asked, kept]).toEqual([expected, method === 'write' ? SIZE - 1024 : SIZE]);
  });

  test.each<[ZeroMethod, string]>([
    ['punch', 'punchHole 512 1024'],
    ['write', 'zeroOut 512 1024'],
    ['discard', 'discard 512 1024'],
  ])('%s on a device asks for %s, and writes the partial sectors at the ends', (method, expected) => {
    const { asked, isZero } = run(method, [[510, 1028]], DEVICE);
    expect([asked, isZero(510, 2), isZero(1536, 2), isZero(509, 1), isZero(1538, 1)]).toEqual([
      [expected],
      true,
      true,
      false,
      false,
    ]);
  });

  test('a range of whole sectors has no ends to write, and one up to a sector border none after it', () => {
    expect(run('write', [[512, 512]], DEVICE)).toMatchObject({ asked: ['zeroOut 512 512'], kept: SIZE });
    expect(run('write', [[500, 12]], DEVICE)).toMatchObject({ asked: [], kept: SIZE - 12 });
    expect(run('write', [[500, 524]], DEVICE)).toMatchObject({ asked: ['zeroOut 512 512'], kept: SIZE - 12 });
    expect(run('write', [[512, 524]], DEVICE)).toMatchObject({ asked: ['zeroOut 512 512'], kept: SIZE - 12 });
  });

  test('a device that cannot be discarded is zeroed out', () => {
    const { asked } = run(
      'discard',
      [
        [0, 512],
        [1024, 512],
      ],
      { ...DEVICE, refused: { discard: 'EOPNOTSUPP' } },
    );
    expect(asked).toEqual(['discard EOPNOTSUPP 0 512', 'zeroOut 0 512', 'zeroOut 1024 512']);
  });

  test('a discarded range that does not read as zeros is written', () => {
    const { asked, isZero, kept } = run('discard', [[512, 1024]], DEVICE);
    expect([asked, isZero(512, 1024), kept]).toEqual([['discard 512 1024'], true, SIZE - 1024]);
  });
});
