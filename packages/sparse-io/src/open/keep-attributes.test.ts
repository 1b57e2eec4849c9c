import { chmodSync, chownSync, closeSync, fstatSync, openSync, statSync, writeFileSync } from 'node:fs';
import type { KernelCalls } from '../kernel/kernel-calls.ts';
import { injectedError, tempFolder } from '../testing.ts';
import { keepAttributes } from './keep-attributes.ts';

const onRoot = process.getuid?.() === 0 ? test : test.skip;

type AttributeCalls = Pick<KernelCalls, 'listAttributes' | 'getAttribute' | 'setAttribute'>;

/** Only the calls for attributes; any other one is undefined and would throw. */
const withCalls = (calls: AttributeCalls): KernelCalls => Object.assign(Object.create(null), calls);

/** Files `old` and `new`; the old one has mode 4755. */
function twoFiles() {
  const folder = tempFolder();
  writeFileSync(folder.file('old'), 'old');
  chmodSync(folder.file('old'), 0o4755);
  const fd = openSync(folder.file('new'), 'wx', 0o600);
  return {
    fd,
    old: folder.file('old'),
    [Symbol.dispose]() {
      closeSync(fd);
      folder[Symbol.dispose]();
    },
  };
}

describe('keepAttributes', () => {
  test('gives the permissions of the old file, without set-id bits', () => {
    using files = twoFiles();
    keepAttributes(files.fd, files.old, statSync(files.old), undefined);
    expect(fstatSync(files.fd).mode & 0o7777).toBe(0o755);
  });

  onRoot('gives the owner and group of the old file (needs root)', () => {
    using files = twoFiles();
    chownSync(files.old, 1234, 2345);
    keepAttributes(files.fd, files.old, statSync(files.old), undefined);
    expect(fstatSync(files.fd)).toMatchObject({ uid: 1234, gid: 2345 });
  });

  onRoot.each([
    [1235, 1234],
    [1234, 1235],
  ])('gives permissions only to the owner where the system refuses owner %d or group %d (needs root)', (uid, gid) => {
    using files = twoFiles();
    const old = statSync(files.old);
    const { geteuid, seteuid, setegid } = process;
    if (geteuid === undefined || seteuid === undefined || setegid === undefined) throw new Error('no effective user');
    chownSync(`/proc/self/fd/${files.fd}`, 1234, 1234);
    setegid.call(process, 1234);
    seteuid.call(process, 1234);
    try {
      keepAttributes(files.fd, files.old, Object.assign(old, { uid, gid }), undefined);
    } finally {
      seteuid.call(process, 0);
      setegid.call(process, 0);
    }
    expect(fstatSync(files.fd)).toMatchObject({ uid: 1234, gid: 1234 });
    expect(fstatSync(files.fd).mode & 0o7777).toBe(0o700);
  });

  test('copies each extended attribute that the system permits', () => {
    using files = twoFiles();
    const set: [number, string, number][] = [];
    const kernel = withCalls({
      listAttributes: () => ['user.a', 'security.b', 'user.c', 'user.d'],
      getAttribute: (_fd, name) => {
        if (name === 'user.c') throw injectedError('ENODATA', 'fgetxattr');
        return Uint8Array.of(name.charCodeAt(name.length - 1));
      },
      setAttribute: (fd, name, value) => {
        if (name === 'security.b') throw injectedError('EPERM', 'fsetxattr');
        set.push([fd, name, value[0] ?? 0]);
      },
    });
    keepAttributes(files.fd, files.old, statSync(files.old), kernel);
    expect(set).toEqual([
      [files.fd, 'user.a', 97],
      [files.fd, 'user.d', 100],
    ]);
  });

  test('works where attributes cannot be listed, or the old file cannot be opened', () => {
    using files = twoFiles();
    const unexpected = (): never => {
      throw new Error('not expected here');
    };
    const calls = { getAttribute: unexpected, setAttribute: unexpected };
    const refuse = (): never => {
      throw injectedError('EOPNOTSUPP', 'flistxattr');
    };
    const old = statSync(files.old);
    keepAttributes(files.fd, files.old, old, withCalls({ ...calls, listAttributes: refuse }));
    keepAttributes(files.fd, `${files.old}-missing`, old, withCalls({ ...calls, listAttributes: unexpected }));
    expect(fstatSync(files.fd).mode & 0o777).toBe(0o755);
  });

  test('throws an error without a code, which is a bug', () => {
    using files = twoFiles();
    const broken = (): never => {
      throw new TypeError('bug');
    };
    const kernel = withCalls({ listAttributes: broken, getAttribute: broken, setAttribute: broken });
    expect(() => keepAttributes(files.fd, files.old, statSync(files.old), kernel)).toThrow('bug');
  });
});
