import fc from 'fast-check';
import { MemorySpool } from './spool.ts';

test('what was added can be read at any offset, in memory and in the spool that follows it', async () => {
  const pieces = fc.array(fc.uint8Array({ minLength: 1, maxLength: 50 }), { minLength: 1, maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(
      pieces,
      fc.integer({ min: 0, max: 1500 }),
      fc.nat(),
      fc.nat(),
      async (list, limit, from, length) => {
        let opened = 0;
        const open = () => {
          opened++;
          return new MemorySpool();
        };
        const spool = new MemorySpool({ limit, open });
        const reused = new Uint8Array(50);
        for (const piece of list) {
          reused.set(piece);
          await spool.append(reused.subarray(0, piece.length));
        }
        const all = Uint8Array.from(list.flatMap((piece) => [...piece]));
        expect(spool.size).toBe(all.length);
        expect(opened).toBe(all.length > limit ? 1 : 0);
        const offset = from % all.length;
        const into = new Uint8Array(length % (all.length - offset + 1));
        await spool.source().readAt(into, offset);
        expect(into).toEqual(all.slice(offset, offset + into.length));
      },
    ),
  );
});

test('without another one to go to, memory is not limited; a read beyond the end is a RangeError', async () => {
  const spool = new MemorySpool({ limit: 1 });
  await spool.append(new Uint8Array(100));
  expect(() => spool.source().readAt(new Uint8Array(101), 0)).toThrow(RangeError);
});
