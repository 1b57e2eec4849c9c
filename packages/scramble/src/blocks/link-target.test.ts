import fc from 'fast-check';
import { KeyedHash } from '../secret/keyed-hash.ts';
import { scrambleEncryptedTarget, scrambleTarget, targetLength } from './link-target.ts';

const hash = new KeyedHash(new Uint8Array(16).fill(9));
const ascii = (target: string): Uint8Array => new TextEncoder().encode(target);

/** Scramble a target with leftovers of an older one after it. */
function scrambled(target: string): string {
  const bytes = new Uint8Array(300).fill(0x78);
  bytes.set(ascii(target));
  scrambleTarget(hash, bytes, ascii(target).length);
  expect(bytes.subarray(ascii(target).length).every((byte) => byte === 0)).toBe(true);
  return new TextDecoder('latin1').decode(bytes.subarray(0, targetLength(bytes)));
}

describe('a scrambled link target', () => {
  test('keeps length and depth, slashes and dots', () => {
    expect(scrambled('/usr/../home/./x//y')).toMatch(/^\/\w{3}\/\.\.\/[\w-]{4}\/\.\/[\w-]\/\/[\w-]$/);
    const part = fc.constantFrom('..', '.', '', 'a', 'bin', 'Grüße', 'x'.repeat(40));
    fc.assert(
      fc.property(fc.array(part, { maxLength: 6 }), (parts) => {
        const target = parts.join('/');
        const lengths = (path: string): number[] => path.split('/').map((one) => one.length);
        expect(lengths(scrambled(target))).toEqual(lengths(new TextDecoder('latin1').decode(ascii(target))));
      }),
    );
  });

  test('gives the same component for the same component', () => {
    const [first, second, third] = scrambled('secret/other/secret').split('/');
    expect(first).toBe(third);
    expect(first).not.toBe(second);
    expect(first).not.toBe('secret');
  });

  test('that is encrypted keeps the length before it', () => {
    const bytes = new Uint8Array(60).fill(0x61);
    bytes.set([16, 0]);
    scrambleEncryptedTarget(hash, bytes);
    expect([...bytes.subarray(0, 2)]).toEqual([16, 0]);
    expect(bytes.subarray(2, 18).every((byte) => byte === 0x61)).toBe(false);
    expect(bytes.subarray(18).every((byte) => byte === 0)).toBe(true);
  });
});
