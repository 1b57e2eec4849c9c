import fc from 'fast-check';
import { Staging } from './staging.ts';

/** Records each write. */
function recorder(buffer?: Uint8Array) {
  const writes: { offset: number; bytes: number[] }[] = [];
  return {
    writes,
    writeAt: (bytes: Uint8Array, offset: number) => void writes.push({ offset, bytes: [...bytes] }),
    ...(buffer === undefined ? {} : { buffer: () => buffer }),
  };
}

test('pieces reach the output at their offsets, and gaps are not written', async () => {
  const pieces = fc.array(fc.record({ gap: fc.constantFrom(0, 0, 0, 1, 40), length: fc.integer({ min: 1, max: 50 }) }));
  await fc.assert(
    fc.asyncProperty(pieces, async (list) => {
      const output = recorder(new Uint8Array(16));
      const staging = new Staging(output, 8);
      const expected = new Map<number, number>();
      let at = 0;
      for (const [index, { gap, length }] of list.entries()) {
        at += gap;
        for (let i = 0; i < length; i++) expected.set(at + i, index % 251);
        await staging.put(new Uint8Array(length).fill(index % 251), at);
        at += length;
        expect(staging.position).toBe(at);
      }
      await staging.flush();
      const found = output.writes.flatMap(({ offset, bytes }) => bytes.map((byte, i) => [offset + i, byte] as const));
      expect(found).toEqual([...expected]);
      expect(output.writes.every(({ bytes }) => bytes.length <= 16)).toBe(true);
    }),
  );
});

test('small pieces become writes of the length of the buffer', async () => {
  const output = recorder(new Uint8Array(16));
  const staging = new Staging(output, 8);
  for (let n = 0; n < 10; n++) await staging.put(Uint8Array.of(n, n, n, n), n * 4);
  expect(output.writes.map(({ offset, bytes }) => [offset, bytes.length])).toEqual([
    [0, 16],
    [16, 16],
  ]);
  await staging.flush();
  await staging.flush();
  expect(output.writes.at(-1)).toEqual({ offset: 32, bytes: [8, 8, 8, 8, 9, 9, 9, 9] });
  expect(output.writes).toHaveLength(3);
});

test('room is the free part of the buffer, and what was advanced is written', async () => {
  const output = recorder(new Uint8Array(16));
  const staging = new Staging(output, 8);
  await staging.moveTo(100);
  expect(staging.room()).toHaveLength(16);
  staging.room().fill(3, 0, 10);
  staging.advance(10);
  expect([staging.room().length, staging.position]).toEqual([6, 110]);
  await staging.flush();
  expect(output.writes).toEqual([{ offset: 100, bytes: Array<number>(10).fill(3) }]);
});

test.each([
  ['a buffer that is not whole clusters', new Uint8Array(20), 8, 2 ** 18],
  ['no buffer', undefined, 8, 2 ** 18],
  ['no buffer and larger clusters', undefined, 2 ** 20, 2 ** 20],
])('with %s of the output it has its own', (_, buffer, clusterSize, room) => {
  expect(new Staging(recorder(buffer), clusterSize).room()).toHaveLength(room);
});
