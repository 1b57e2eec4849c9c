import { Warnings } from './warnings.ts';

test('a flood of one kind is counted, and does not hide another kind', () => {
  const lines: string[] = [];
  const warnings = new Warnings((line) => void lines.push(line));
  for (let i = 0; i < 1000; i++) warnings.warn({ code: 'illegal-block', message: `block ${i}` });
  warnings.warn({ code: 'bad-index', message: 'inode 12' });
  warnings.close();
  expect(lines).toHaveLength(22);
  expect(lines.slice(19)).toEqual([
    'warning: block 19',
    'warning: inode 12',
    'warning: 980 more of this kind (illegal-block)',
  ]);
});

test('the output is incomplete when one warning reports a loss', () => {
  const warnings = new Warnings(() => undefined);
  warnings.warn({ code: 'bad-index', message: 'inode 12' });
  expect(warnings.isIncomplete).toBe(false);
  warnings.warn({ code: 'unreadable', message: 'block 3', lost: true });
  warnings.warn({ code: 'bad-index', message: 'inode 13', lost: false });
  expect(warnings.isIncomplete).toBe(true);
});
