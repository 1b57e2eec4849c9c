import { BlockSet } from '@e2image/ext-core';
import fc from 'fast-check';
import { onlySelected } from './selected-source.ts';

const BLOCK = 4;
const BLOCKS = 12;

test('selected blocks are read, all others are zeros, wherever a read begins and ends', () => {
  const bytes = Uint8Array.from({ length: BLOCK * BLOCKS }, (_, at) => at + 1);
  const range = fc.tuple(fc.nat(BLOCK * BLOCKS - 1), fc.nat(20));
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(BLOCKS - 1)), range, (blocks, [offset, length]) => {
      const selected = new BlockSet();
      for (const block of blocks) selected.add(block);
      const source = {
        size: bytes.length,
        readAt: (into: Uint8Array, at: number) => into.set(bytes.subarray(at, at + into.length)),
      };
      const into = new Uint8Array(Math.min(length, bytes.length - offset)).fill(99);
      onlySelected(source, selected, BLOCK).readAt(into, offset);
      const expected = [...into.keys()].map((i) =>
        blocks.includes(Math.floor((offset + i) / BLOCK)) ? bytes[offset + i] : 0,
      );
      expect([...into]).toEqual(expected);
    }),
  );
});
