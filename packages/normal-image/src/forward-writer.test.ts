import { MemorySink } from '@e2image/sparse-io/testing';
import { ForwardWriter } from './forward-writer.ts';

test('bytes between two pieces become zeros, in ascending order', () => {
  const sink = new MemorySink({ isSequential: true });
  const out = new ForwardWriter({ sink });
  out.write(new Uint8Array([1, 2]), 0);
  out.write(new Uint8Array([3]), 5);
  expect(sink.calls).toEqual([
    { kind: 'write', offset: 0, length: 2 },
    { kind: 'zero', offset: 2, length: 3 },
    { kind: 'write', offset: 5, length: 1 },
  ]);
  expect(out.written).toBe(3);
});

test('many GiB of zeros are written in steps, so that signals are handled between them', async () => {
  const lengths: number[] = [];
  const sink = new MemorySink();
  sink.zero = (_offset, length) => lengths.push(length);
  let callsBefore = -1;
  setImmediate(() => {
    callsBefore = lengths.length;
  });
  await new ForwardWriter({ sink }).zeroTo(200 * 2 ** 20);
  expect(callsBefore).toBe(1);
  expect(lengths.reduce((sum, length) => sum + length, 0)).toBe(200 * 2 ** 20);
  expect(Math.max(...lengths)).toBeLessThanOrEqual(64 * 2 ** 20);
});

test('progress is the offset after the last byte written', async () => {
  const seen: number[] = [];
  const out = new ForwardWriter({ sink: new MemorySink(), onProgress: (done) => seen.push(done) });
  out.write(new Uint8Array(4), 0);
  await out.pause(1);
  await out.pause(8 * 2 ** 20);
  expect(seen).toEqual([4]);
});
