import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { noise } from './content.ts';
import { digest, haveSameBytes } from './file-bytes.ts';

const MIB = 1 << 20;

describe('bytes of files', () => {
  let folder = '';
  const file = (name: string, bytes: Uint8Array): string => {
    const path = join(folder, name);
    writeFileSync(path, bytes);
    return path;
  };
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'e2e-bytes-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test.each([0, 1, MIB, 2 * MIB + 7])('a digest is that of all %d bytes', (length) => {
    const bytes = noise(length, 5);
    expect(digest(file('a', bytes))).toBe(createHash('sha256').update(bytes).digest('hex'));
  });

  test('files are the same only if no byte differs and none is missing', () => {
    const bytes = noise(2 * MIB + 7, 5);
    const whole = file('a', bytes);
    expect(haveSameBytes(whole, file('b', bytes))).toBe(true);
    expect(haveSameBytes(whole, file('b', bytes.subarray(0, -1)))).toBe(false);
    for (const at of [0, MIB - 1, MIB, 2 * MIB + 6]) {
      const other = bytes.slice();
      other[at] = (other[at] ?? 0) ^ 1;
      expect(haveSameBytes(whole, file('b', other))).toBe(false);
    }
    expect(haveSameBytes(file('a', new Uint8Array()), file('b', new Uint8Array()))).toBe(true);
  });
});
