import fc from 'fast-check';
import { NameSet } from './name-set.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('a set of names', () => {
  test('has each name once, wherever in a buffer it is', () => {
    const name = fc.stringMatching(/^[ab]{1,7}$/);
    fc.assert(
      fc.property(fc.array(name, { maxLength: 60 }), fc.nat(9), (names, from) => {
        const set = new NameSet();
        const seen = new Set<string>();
        for (const one of names) {
          const buffer = bytes(`${'x'.repeat(from)}${one}yyy`);
          expect(set.add(buffer, from, one.length)).toBe(!seen.has(one));
          seen.add(one);
        }
      }),
    );
  });

  test('does not take a name for its beginning, nor for one with zeros after it', () => {
    const set = new NameSet();
    for (const name of ['a', 'a\0', 'a\0\0', '\0a', '', '\0']) expect(set.add(bytes(name), 0, name.length)).toBe(true);
  });

  test('distinguishes a hundred thousand names', () => {
    const set = new NameSet();
    for (let number = 0; number < 100_000; number++) {
      const name = bytes(`file-${number}`);
      if (!set.add(name, 0, name.length)) throw new Error(`${number} was taken for another name`);
    }
  });

  test('is empty after it was cleared', () => {
    const set = new NameSet();
    set.add(bytes('name'), 0, 4);
    set.clear();
    expect(set.add(bytes('name'), 0, 4)).toBe(true);
  });
});
