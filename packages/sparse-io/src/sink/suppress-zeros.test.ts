import fc from 'fast-check';
import { MemorySink } from '../testing.ts';
import { suppressZeros } from './suppress-zeros.ts';

const BLOCK = 8;
/** Runs of zeros and of other bytes: long enough to fill blocks, and short enough to end inside them. */
const bytes = fc
  .array(fc.tuple(fc.integer({ min: 1, max: 20 }), fc.constantFrom(0, 0, 1, 2)), { maxLength: 9 })
  .map((runs) => Uint8Array.from(runs.flatMap(([length, value]) => new Array<number>(length).fill(value))));

describe('suppressZeros', () => {
  test('the output reads as after a plain write; each byte is passed once, in order; no zero block is written', () => {
    fc.assert(
      fc.property(bytes, fc.nat(20), (input, offset) => {
        const old = new Uint8Array(220).fill(255);
        const sink = new MemorySink({ old });
        suppressZeros(sink, BLOCK).writeAt(input, offset);
        const expected = old.slice();
        expected.set(input, offset);
        expect(sink.bytes).toEqual(expected);
        let end = offset;
        for (const call of sink.calls) {
          if (call.length === 0) continue;
          expect(call.offset).toBe(end);
          end += call.length;
          if (call.kind !== 'write') continue;
          for (let at = call.offset; at < end; at += BLOCK - (at % BLOCK)) {
            const block = expected.subarray(at, Math.min(end, at + BLOCK - (at % BLOCK)));
            expect(block.some((byte) => byte !== 0)).toBe(true);
          }
        }
        expect(end).toBe(offset + input.length);
      }),
      { numRuns: 500 },
    );
  });

  test('the bytes between zero blocks are one write', () => {
    const sink = new MemorySink();
    const input = new Uint8Array(6 * BLOCK).fill(1);
    input.fill(0, 3 * BLOCK, 5 * BLOCK);
    suppressZeros(sink, BLOCK).writeAt(input, 0);
    expect(sink.calls).toEqual([
      { kind: 'write', offset: 0, length: 24 },
      { kind: 'zero', offset: 24, length: 16 },
      { kind: 'write', offset: 40, length: 8 },
    ]);
  });

  test('zero blocks at the end of the write, after an unaligned first block, are one call', () => {
    const sink = new MemorySink();
    const input = new Uint8Array(3 * BLOCK).fill(0);
    input[2] = 1;
    suppressZeros(sink, BLOCK).writeAt(input, 5);
    expect(sink.calls).toEqual([
      { kind: 'write', offset: 5, length: 3 },
      { kind: 'zero', offset: 8, length: 21 },
    ]);
  });

  test('has blocks of 4 KiB by default', () => {
    const sink = new MemorySink();
    const input = new Uint8Array(3 * 4096);
    input[4096] = 1;
    suppressZeros(sink).writeAt(input, 0);
    expect(sink.calls.map(({ kind, length }) => `${kind} ${length}`)).toEqual(['zero 4096', 'write 4096', 'zero 4096']);
  });

  test('has the buffer of the sink, and aborts it', () => {
    const memory = new Uint8Array(9);
    const inner = Object.assign(new MemorySink({ isSequential: true }), { buffer: () => memory });
    const sink = suppressZeros(inner, BLOCK);
    sink.abort();
    expect([sink.buffer?.(), sink.isSequential, inner.state]).toEqual([memory, true, 'aborted']);
    expect('buffer' in suppressZeros(new MemorySink())).toBe(false);
  });

  test('passes all other calls to the sink, except transfers inside the kernel', async () => {
    const inner = new MemorySink();
    const sink = suppressZeros(Object.assign(inner, { transferFrom: () => 0 }), BLOCK);
    expect('transferFrom' in sink).toBe(false);
    sink.zero(0, 5);
    sink.skip(5, 5);
    await sink.finish(7);
    expect([inner.calls, inner.state, inner.bytes.length]).toEqual([
      [
        { kind: 'zero', offset: 0, length: 5 },
        { kind: 'skip', offset: 5, length: 5 },
      ],
      'finished',
      7,
    ]);
  });
});
