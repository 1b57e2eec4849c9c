import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { folderResolver } from './folder-resolver.ts';

const folder = mkdtempSync(join(tmpdir(), 'qcow2-resolver-'));
const at = (name: string): string => join(folder, name);

beforeAll(() => {
  mkdirSync(at('images/sub'), { recursive: true });
  for (const name of ['images/top', 'images/sub/base', 'images/beside', 'outside']) writeFileSync(at(name), '');
  symlinkSync('../outside', at('images/way-out'));
  symlinkSync('sub/base', at('images/way-in'));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const ask = (name: string, options: { allow?: 'folder' | 'anywhere'; namedBy?: string; role?: 'data' } = {}) => {
  const resolver = folderResolver({ image: at('images/top'), open: (path) => path, allow: options.allow ?? 'folder' });
  return resolver.resolve({ role: options.role ?? 'backing', name, namedBy: options.namedBy, depth: 1 });
};

describe('folderResolver', () => {
  test.each(['sub/base', 'beside', './beside', 'sub/../beside', 'way-in'])('opens %s in the folder', (name) => {
    expect(ask(name)?.source.startsWith(at('images/'))).toBe(true);
  });

  test.each(['../outside', 'way-out', '/dev/null', '/etc/hostname', 'sub', '/dev/zero'])('refuses %s', (name) => {
    expect(() => ask(name)).toThrow(expect.objectContaining({ code: 'QCOW2_BACKING_REFUSED' }));
    expect(() => ask(name, { role: 'data' })).toThrow(expect.objectContaining({ code: 'QCOW2_DATA_FILE_REFUSED' }));
  });

  test('opens a file outside of the folder when that is allowed, but not a character device', () => {
    expect(ask('../outside', { allow: 'anywhere' })?.source).toBe(at('outside'));
    expect(() => ask('/dev/zero', { allow: 'anywhere' })).toThrow(
      expect.objectContaining({ code: 'QCOW2_BACKING_REFUSED' }),
    );
  });

  test('returns undefined for a name that does not exist', () => {
    expect(ask('gone')).toBeUndefined();
    expect(ask('beside/below')).toBeUndefined();
  });

  test('looks for a name in the folder of the image that contains the name', () => {
    const resolver = folderResolver({ image: at('images/top'), open: (path) => path });
    const base = resolver.resolve({ role: 'backing', name: 'sub/base', namedBy: resolver.id, depth: 1 });
    writeFileSync(at('images/sub/deep'), '');
    const deep = resolver.resolve({ role: 'backing', name: 'deep', namedBy: base?.id, depth: 2 });
    expect(deep?.source).toBe(at('images/sub/deep'));
  });

  test('recognises one file under two names by its identity', () => {
    expect(ask('way-in')?.id).toBe(ask('sub/base')?.id);
  });
});
