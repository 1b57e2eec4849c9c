import fc from 'fast-check';
import { faultySource, MemorySink, memorySource } from '../testing.ts';
import { skipEqual } from './skip-equal.ts';

const blockSize = 4;
const few = fc.array(fc.nat(1), { maxLength: 40 }).map((list) => Uint8Array.from(list));

/** Write `bytes` at `offset` to an output that contains `old`. */
function write(old: Uint8Array, bytes: Uint8Array, offset: number) {
  let equal = 0;
  const sink = new MemorySink({ old });
  skipEqual(sink, memorySource(old), { blockSize, onEqual: (count) => (equal += count) }).writeAt(bytes, offset);
  return { sink, equal };
}

describe('skipEqual', () => {
  test('the output is as if everything had been written; equal blocks are counted and not written', () => {
    fc.assert(
      fc.property(few, few, fc.nat(5), (old, bytes, offset) => {
        const { sink, equal } = write(old, bytes, offset);
        const plain = new MemorySink({ old });
        plain.writeAt(bytes, offset);
        expect(sink.bytes.slice(offset)).toEqual(plain.bytes.slice(offset, sink.bytes.length));
        let expected = 0;
        for (let at = 0; at < bytes.length; at += blockSize) {
          const block = bytes.subarray(at, at + blockSize);
          const existing = old.subarray(offset + at, offset + at + block.length);
          const isEqual = block.join() === existing.join();
          if (isEqual) expected++;
          const isWritten = sink.calls.some(
            (call) => call.offset <= offset + at && offset + at < call.offset + call.length,
          );
          expect(isWritten).toBe(!isEqual);
        }
        expect(equal).toBe(expected);
      }),
      { numRuns: 500 },
    );
  });

  test('writes neighbouring blocks that differ in one piece', () => {
    const { sink } = write(new Uint8Array(16), Uint8Array.of(0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0), 0);
    expect(sink.calls).toEqual([{ kind: 'write', offset: 4, length: 8 }]);
  });

  test('everything differs from an empty output, and from one that ends while it is read', () => {
    expect(write(new Uint8Array(0), new Uint8Array(8), 0)).toMatchObject({ equal: 0 });
    const sink = new MemorySink();
    const shrunk = { ...memorySource(new Uint8Array(2)), size: 8 };
    skipEqual(sink, shrunk, { blockSize }).writeAt(new Uint8Array(8), 0);
    expect(sink.calls).toEqual([{ kind: 'write', offset: 0, length: 8 }]);
  });

  test('a bad sector differs, because a write may repair it; any other failure is thrown', () => {
    const fail = (code: string) =>
      faultySource(memorySource(new Uint8Array(8)), { at: [{ offset: 4, length: 1 }], code });
    const sink = new MemorySink();
    skipEqual(sink, fail('EIO'), { blockSize }).writeAt(new Uint8Array(8), 0);
    expect(sink.calls).toEqual([{ kind: 'write', offset: 0, length: 8 }]);
    expect(() => skipEqual(sink, fail('EBADF'), { blockSize }).writeAt(new Uint8Array(8), 0)).toThrow(
      expect.objectContaining({ code: 'EBADF' }),
    );
  });

  test('zeros of any length are compared, and counted by blocks', () => {
    const MIB = 1 << 20;
    const old = new Uint8Array(MIB + 12);
    old[MIB + 9] = 7;
    const sink = new MemorySink({ old });
    let equal = 0;
    const skipping = skipEqual(sink, memorySource(old), { blockSize, onEqual: (count) => (equal += count) });
    skipping.zero(0, MIB + 8);
    expect([sink.calls, equal]).toEqual([[], MIB / blockSize + 2]);
    skipping.zero(4, MIB + 8);
    expect(sink.calls).toEqual([{ kind: 'write', offset: MIB + 8, length: 4 }]);
  });

  test('passes skip, finish and abort to the sink, and its order', async () => {
    const sink = new MemorySink({ isSequential: true });
    const skipping = skipEqual(sink, memorySource(new Uint8Array(0)), { blockSize });
    skipping.skip(1, 2);
    await skipping.finish(3);
    expect([skipping.isSequential, sink.calls, sink.state]).toEqual([
      true,
      [{ kind: 'skip', offset: 1, length: 2 }],
      'finished',
    ]);
    const aborted = new MemorySink();
    skipEqual(aborted, memorySource(new Uint8Array(0)), { blockSize }).abort();
    expect(aborted.state).toBe('aborted');
  });

  test('reads the existing bytes of each write once, also where the output ends inside it', () => {
    const reads: number[][] = [];
    const old = { size: 10, readAt: (into: Uint8Array, offset: number) => void reads.push([offset, into.length]) };
    const skipping = skipEqual(new MemorySink(), old, { blockSize });
    skipping.writeAt(new Uint8Array(4), 0);
    skipping.writeAt(new Uint8Array(8), 6);
    skipping.writeAt(new Uint8Array(4), 10);
    skipping.writeAt(new Uint8Array(4), 20);
    expect(reads).toEqual([
      [0, 4],
      [6, 4],
    ]);
  });

  test('zeros are compared too', () => {
    const old = Uint8Array.of(0, 0, 0, 0, 7, 0, 0, 0);
    const sink = new MemorySink({ old });
    skipEqual(sink, memorySource(old), { blockSize }).zero(0, 8);
    expect(sink.calls).toEqual([{ kind: 'write', offset: 4, length: 4 }]);
  });
});
