import { blocksText } from './block-run.ts';

test('a run is named by its first and its last block', () => {
  expect(blocksText({ start: 7, count: 1 })).toBe('block 7');
  expect(blocksText({ start: 7, count: 2 })).toBe('blocks 7 to 8');
});
