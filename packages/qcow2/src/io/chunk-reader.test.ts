import fc from 'fast-check';
import { ChunkReader } from './chunk-reader.ts';

test('bytes are read in any portions, however the stream is cut', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.uint8Array({ maxLength: 20 })),
      fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1 }),
      async (chunks, portions) => {
        const all = chunks.flatMap((chunk) => [...chunk]);
        const reader = new ChunkReader(
          (async function* () {
            yield* chunks;
          })(),
        );
        const read: number[] = [];
        for (let n = 0; ; n++) {
          const into = new Uint8Array(portions[n % portions.length] ?? 1);
          const filled = await reader.fill(into);
          expect(filled).toBe(Math.min(into.length, all.length - read.length));
          read.push(...into.subarray(0, filled));
          expect(reader.size).toBe(read.length);
          if (filled < into.length) break;
        }
        expect(read).toEqual(all);
      },
    ),
  );
});

test('a chunk is consumed before the next one is asked for, and close ends the stream', async () => {
  let asked = 0;
  let isClosed = false;
  async function* chunks() {
    try {
      for (;;) {
        asked++;
        yield new Uint8Array(10);
      }
    } finally {
      isClosed = true;
    }
  }
  const reader = new ChunkReader(chunks());
  await reader.fill(new Uint8Array(10));
  expect(asked).toBe(1);
  await reader.fill(new Uint8Array(1));
  expect(asked).toBe(2);
  await reader.close();
  expect(isClosed).toBe(true);
});
