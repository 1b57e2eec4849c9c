import fc from 'fast-check';
import { faultySink, MemorySink } from '../testing.ts';
import { IO_UNIT } from './copy-runs.ts';
import { receive } from './receive.ts';

/** Pieces of the given lengths in one reused array, like those of readStream. */
async function* reused(lengths: readonly number[]): AsyncGenerator<Uint8Array> {
  const buffer = new Uint8Array(Math.max(1, ...lengths));
  let value = 0;
  for (const length of lengths) {
    for (let at = 0; at < length; at++) buffer[at] = value++ % 251;
    yield buffer.subarray(0, length);
  }
}

describe('receive', () => {
  test('writes every byte in order, in whole units, for pieces of any lengths', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(300_000), { maxLength: 5 }), async (lengths) => {
        const sink = new MemorySink({ isSequential: true });
        const size = lengths.reduce((sum, length) => sum + length, 0);
        expect(await receive(reused(lengths), sink)).toBe(size);
        expect(sink.bytes.every((byte, at) => byte === at % 251)).toBe(true);
        expect(sink.calls.length).toBe(Math.ceil(size / IO_UNIT));
      }),
      { numRuns: 20 },
    );
  });

  test('a sink that fails stops it', async () => {
    const sink = faultySink(new MemorySink(), { room: 10 });
    await expect(receive(reused([20]), sink)).rejects.toMatchObject({ code: 'ENOSPC' });
  });

  test('stops when its signal is aborted', async () => {
    const stop = new AbortController();
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (;;) {
        yield new Uint8Array(10);
        stop.abort(new Error('enough'));
      }
    }
    await expect(receive(endless(), new MemorySink(), { signal: stop.signal })).rejects.toThrow('enough');
  });
});
