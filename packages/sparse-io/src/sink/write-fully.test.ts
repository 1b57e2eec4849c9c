import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, openSync, readFileSync, writeFileSync } from 'node:fs';
import { injectedError, tempFolder } from '../testing.ts';
import { untilReady, writeFully, writeZeros, ZERO_UNIT } from './write-fully.ts';

describe('untilReady', () => {
  test('repeats a call while it fails with EAGAIN or EINTR, and returns what it returns', () => {
    const failures = ['EAGAIN', 'EINTR', 'EAGAIN'];
    let calls = 0;
    const call = (): number => {
      calls++;
      const code = failures.shift();
      if (code !== undefined) throw injectedError(code, 'write');
      return 42;
    };
    expect([untilReady(call), calls]).toEqual([42, 4]);
  });

  test('throws any other error at once', () => {
    let calls = 0;
    const call = (): number => {
      calls++;
      throw injectedError('EIO', 'write');
    };
    expect(() => untilReady(call)).toThrow(expect.objectContaining({ code: 'EIO' }));
    expect(calls).toBe(1);
  });
});

describe('writeFully', () => {
  test('writes at a position, or at that of the descriptor', () => {
    using folder = tempFolder();
    writeFileSync(folder.file('a'), '0123456789');
    const fd = openSync(folder.file('a'), 'r+');
    writeFully(fd, new TextEncoder().encode('AB'), 4);
    writeFully(fd, new TextEncoder().encode('X'), null);
    writeFully(fd, new TextEncoder().encode('Y'), null);
    closeSync(fd);
    expect(readFileSync(folder.file('a'), 'utf8')).toBe('XY23AB6789');
  });

  test('continues after partial writes to a full pipe that does not block', async () => {
    using folder = tempFolder();
    execFileSync('mkfifo', [folder.file('p')]);
    const fd = openSync(folder.file('p'), constants.O_RDWR | constants.O_NONBLOCK);
    const reader = spawn('sh', ['-c', `sleep 0.05; head -c 200000 '${folder.file('p')}' > '${folder.file('out')}'`]);
    const bytes = Uint8Array.from({ length: 200_000 }, (_, at) => at % 253);
    writeFully(fd, bytes, null);
    await once(reader, 'close');
    closeSync(fd);
    expect(readFileSync(folder.file('out')).equals(bytes)).toBe(true);
  });

  test('an error carries the byte of the output, which for a pipe the caller gives', () => {
    const full = openSync('/dev/full', 'w');
    const failure = (code: string, offset: number) => expect.objectContaining({ code, offset });
    expect(() => writeFully(full, Uint8Array.of(1), 77)).toThrow(failure('ENOSPC', 77));
    expect(() => writeFully(full, Uint8Array.of(1), null)).toThrow(failure('ENOSPC', 0));
    expect(() => writeFully(full, Uint8Array.of(1), null, 99)).toThrow(failure('ENOSPC', 99));
    closeSync(full);
  });
});

test('writeZeros writes exactly the bytes of its range, also a part of a unit', () => {
  using folder = tempFolder();
  const size = 2 * ZERO_UNIT + 20;
  writeFileSync(folder.file('a'), new Uint8Array(size).fill(1));
  const fd = openSync(folder.file('a'), 'r+');
  writeZeros(fd, 5, size - 10);
  writeZeros(fd, 0, 0);
  closeSync(fd);
  const bytes = readFileSync(folder.file('a'));
  expect([bytes.length, bytes.subarray(5, -5).every((byte) => byte === 0)]).toEqual([size, true]);
  expect([...bytes.subarray(0, 5), ...bytes.subarray(-5)]).toEqual(new Array(10).fill(1));
});
