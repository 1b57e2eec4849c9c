import fc from 'fast-check';
import { type Operation, tracedDisk } from '../testing/crash-disk.ts';
import { skipEqualBlocks } from './equal-blocks.ts';

const BLOCK = 4;

test('equal blocks are counted and not written, and the others are', () => {
  const blocks = fc.array(fc.boolean(), { minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(blocks, fc.nat(3), (equal, missing) => {
      const there = new Uint8Array(8 + equal.length * BLOCK).fill(1);
      const bytes = Uint8Array.from({ length: equal.length * BLOCK - missing }, (_, i) =>
        equal[Math.floor(i / BLOCK)] ? 1 : 2,
      );
      const trace: Operation[] = [];
      const writer = skipEqualBlocks(tracedDisk(there, 0, trace), BLOCK);
      writer.write(bytes, 8);
      expect(there.slice(8, 8 + bytes.length)).toEqual(bytes);
      expect(writer.count).toBe(equal.filter(Boolean).length);
      const written = trace.reduce(
        (sum, operation) => sum + (operation.kind === 'write' ? operation.bytes.length : 0),
        0,
      );
      expect(written).toBe(bytes.filter((byte) => byte === 2).length);
    }),
  );
});
