import fc from 'fast-check';
import { runSync } from '../base/steps.ts';
import { countingSource } from '../testing/counting-source.fixture.ts';
import { arraySource } from '../testing/image.fixture.ts';
import { tableWindow } from './table-window.ts';

const BASE = 1000;
const bytes = Uint8Array.from({ length: 400_000 }, (_, i) => (i * 7919) >>> 5);

test('entries are read in ascending order, each byte about once, and stay valid', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 3000 }), { minLength: 1, maxLength: 100 }), (lengths) => {
      const source = countingSource(arraySource(bytes));
      const window = tableWindow({ source, name: 'image', truncated: 'error' }, BASE, 'table');
      const parts: Uint8Array[] = [];
      let at = 0;
      for (const length of lengths) {
        parts.push(runSync(window(at, length)));
        at += length;
      }
      at = 0;
      for (const part of parts) {
        expect(part).toEqual(bytes.slice(BASE + at, BASE + at + part.length));
        at += part.length;
      }
      expect(source.reads).toBeGreaterThan(0);
      expect(source.reads).toBeLessThanOrEqual(1 + Math.floor(at / (128 * 1024 - 3000)));
    }),
    { numRuns: 30 },
  );
});

test('the start of an entry can be read again with its rest, and an earlier one again', () => {
  const window = tableWindow({ source: arraySource(bytes), name: 'image', truncated: 'error' }, BASE, 'table');
  expect(runSync(window(131_000, 40))).toEqual(bytes.slice(BASE + 131_000, BASE + 131_040));
  expect(runSync(window(131_000, 200_000))).toEqual(bytes.slice(BASE + 131_000, BASE + 331_000));
  expect(runSync(window(5, 3))).toEqual(bytes.slice(BASE + 5, BASE + 8));
});

test('the window ends with the file, and what is past it is an error', () => {
  const window = tableWindow({ source: arraySource(bytes), name: 'image', truncated: 'error' }, 399_990, 'table');
  expect(runSync(window(2, 8))).toEqual(bytes.slice(399_992));
  expect(() => runSync(window(2, 9))).toThrow(expect.objectContaining({ code: 'QCOW2_TRUNCATED' }));
});
