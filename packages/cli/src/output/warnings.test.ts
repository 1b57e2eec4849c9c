import { Warnings } from './warnings.ts';

test('a flood of one kind is counted, and does not hide another kind', () => {
  const lines: string[] = [];
  const warnings = new Warnings((line) => void lines.push(line));
  for (let i = 0; i < 1000; i++) warnings.warn('illegal-block', `block ${i}`);
  warnings.warn('bad-index', 'inode 12');
  warnings.close();
  expect(lines).toHaveLength(22);
  expect(lines.slice(19)).toEqual([
    'warning: block 19',
    'warning: inode 12',
    'warning: 980 more of this kind (illegal-block)',
  ]);
});
