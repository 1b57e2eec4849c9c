import { type MutationPoint, mutationPoints } from './points.ts';

const mutants = (source: string): string[] =>
  mutationPoints(source).flatMap(({ start, end, variants }: MutationPoint) =>
    variants.map((variant) => source.slice(0, start) + variant + source.slice(end)),
  );

test.each([
  ['f(a < b);', ['{}', 'f(a <= b);', 'f(a >= b);']],
  ['const c = a === b;', ['const c = a !== b;']],
  ['const c = (a + b) / d;', ['const c = (a - b) / d;', 'const c = (a + b) * d;']],
  ['const c = a >>> b & d;', ['const c = a << b & d;', 'const c = a >>> b | d;']],
  ['const c = a && b;', ['const c = a || b;']],
  ['a += b;', ['a -= b;']],
  ['const c = !a;', ['const c = a;']],
  ['const c = -a;', ['const c = a;']],
  [
    'const c = [true, 7, 0];',
    ['const c = [false, 7, 0];', 'const c = [true, 8, 0];', 'const c = [true, 0, 0];', 'const c = [true, 7, 1];'],
  ],
  ['if (a) b = c;', ['if (true) b = c;', 'if (false) b = c;']],
  ['const c = a ? b : d;', ['const c = true ? b : d;', 'const c = false ? b : d;']],
  ['while (a) { break; }', ['while (false) { break; }', 'while (a) { {} }']],
  ['function f() { return; }', ['function f() { {} }']],
  ['await f();', ['{}']],
])('%s has its mutants', (source, expected) => {
  expect(mutants(source)).toEqual(expected);
});

test.each([
  "import { a } from 'b';",
  'type A = 1 | 2;',
  'interface A { b: 0 }',
  'const a: 1 | true = b;',
  'function f<A extends 1>(a: A): 2 | A { return a; }',
  'const a = `$' + '{b + 1}`;',
  "const a = b + 'c';",
  "throw new ExtError('EXT_CORRUPT', f(1), { block: a + 1 });",
  'class A extends B { constructor() { super(); } }',
  'const b = a as 1;',
])('%s has none', (source) => {
  expect(mutants(source)).toEqual([]);
});

test('positions are characters of this file, whatever was parsed before and however wide they are', () => {
  mutationPoints('const before = 1;');
  const source = "// Ä – 𝄞\nconst name = 'ß';\nconst c = a < b;\n";
  expect(mutants(source)).toEqual([source.replace('<', '<='), source.replace('<', '>=')]);
});

test('what an `as const` table holds is mutated', () => {
  expect(mutants('const a = { b: 1 } as const satisfies C<1>;')).toEqual([
    'const a = { b: 2 } as const satisfies C<1>;',
    'const a = { b: 0 } as const satisfies C<1>;',
  ]);
});
