import type { Problem } from '@e2image/ext-core';
import { Findings } from './findings.ts';

function gather(use: (findings: Findings) => void) {
  const lines: string[] = [];
  const findings = new Findings((line) => void lines.push(line));
  use(findings);
  findings.close();
  return { lines, isIncomplete: findings.isIncomplete, unread: findings.unread.first };
}
const illegal: Problem = { code: 'illegal-block', message: 'inode 12: block 9', lost: false };

describe('Findings', () => {
  test('damage that loses nothing is printed and does not change the status', () => {
    expect(gather((findings) => findings.problem(illegal))).toEqual({
      lines: ['warning: inode 12: block 9'],
      isIncomplete: false,
      unread: [],
    });
  });

  test('a flood of one kind is counted', () => {
    const { lines } = gather((findings) => {
      for (let i = 0; i < 1000; i++) findings.problem(illegal);
    });
    expect(lines).toHaveLength(21);
    expect(lines.at(-1)).toBe('warning: 980 more of this kind (illegal-block)');
  });

  test('unreadable blocks join while the reason is the same', () => {
    const { unread, isIncomplete } = gather((findings) => {
      findings.unreadable(4, 1, 'EIO');
      findings.unreadable(5, 2, 'EIO');
      findings.unreadable(7, 1, 'short');
    });
    expect(isIncomplete).toBe(true);
    expect(unread).toEqual([
      { start: 4, count: 3, reason: 'EIO' },
      { start: 7, count: 1, reason: 'short' },
    ]);
  });

  test('a block that both walk and copy could not read is printed once, by the report', () => {
    const inTable: Problem = { code: 'unreadable', message: 'inode table: block 5', lost: true, block: 5 };
    expect(gather((findings) => findings.problem(inTable)).lines).toEqual(['warning: inode table: block 5']);
    const both = gather((findings) => {
      findings.problem(inTable);
      findings.unreadable(5, 1, 'EIO');
    });
    expect(both.lines).toEqual([]);
  });
});
