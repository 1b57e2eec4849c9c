import { memorySource } from '@e2image/sparse-io/testing';
import { everyBlock } from '../select/selected-blocks.ts';
import { printBlocks } from './print-blocks.ts';

test('prints the blocks that are stored, ascending: those that are not zeros', async () => {
  const bytes = new Uint8Array(6 * 1024);
  for (const block of [1, 2, 5]) bytes[block * 1024 + 17] = 1;
  let text = '';
  const print = (more: string): void => {
    text += more;
  };
  await printBlocks(memorySource(bytes), everyBlock({ blocksCount: 6 }), { blockSize: 1024, print });
  expect(text).toBe('Writing block 1\nWriting block 2\nWriting block 5\n');
});
