import type { BlockSet } from '@e2image/ext-core/walk';
import fc from 'fast-check';
import { WindowSet } from '../testing/window-set.ts';
import type { SelectedBlocks } from './selected-blocks.ts';
import { selectedSource } from './selected-source.ts';

const BLOCK = 4;
const BLOCKS = 12;

/** A selection in windows of so many blocks, the last of which has no end. */
function windowsOf(blocks: readonly number[], perWindow: number): Pick<SelectedBlocks, 'at' | 'load'> {
  let window: BlockSet | undefined;
  return {
    at: (block) => (window !== undefined && block >= window.from && block < window.end ? window : undefined),
    async load(block) {
      window = new WindowSet(block, block + perWindow, blocks);
      return window;
    },
  };
}

test('selected blocks are read, all others are zeros, wherever a read or a window begins and ends', async () => {
  const bytes = Uint8Array.from({ length: BLOCK * BLOCKS }, (_, at) => at + 1);
  const range = fc.tuple(fc.nat(BLOCK * BLOCKS - 1), fc.nat(20));
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(fc.nat(BLOCKS - 1)),
      range,
      fc.integer({ min: 1, max: BLOCKS }),
      async (...drawn) => {
        const [blocks, [offset, length], perWindow] = drawn;
        const selected = windowsOf(blocks, perWindow);
        const source = {
          size: bytes.length,
          readAt: (into: Uint8Array, at: number) => into.set(bytes.subarray(at, at + into.length)),
        };
        const into = new Uint8Array(Math.min(length, bytes.length - offset)).fill(99);
        await selectedSource(source, selected, BLOCK).readAt(into, offset);
        const expected = [...into.keys()].map((i) =>
          blocks.includes(Math.floor((offset + i) / BLOCK)) ? bytes[offset + i] : 0,
        );
        expect([...into]).toEqual(expected);
      },
    ),
  );
});
