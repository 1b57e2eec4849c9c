import { GuestPieces } from './guest-pieces.ts';

const SIZE = 2 ** 16;

test('clusters that follow each other become one piece of at most 256 KiB', async () => {
  const pieces: [number, number, number][] = [];
  const joined = new GuestPieces(SIZE, (bytes, offset) => void pieces.push([offset, bytes.length, bytes[0] ?? 0]));
  const cluster = new Uint8Array(SIZE);
  for (const guest of [3, 4, 5, 6, 7, 9]) await joined.put(cluster.fill(guest), guest * SIZE);
  await joined.put(cluster.subarray(0, 512).fill(10), 10 * SIZE);
  expect(joined.bytes).toBe(5 * SIZE);
  await joined.flush();
  await joined.flush();
  expect(pieces).toEqual([
    [3 * SIZE, 4 * SIZE, 3],
    [7 * SIZE, SIZE, 7],
    [9 * SIZE, SIZE + 512, 9],
  ]);
  expect(joined.bytes).toBe(6 * SIZE + 512);
});

test('after a flush, the next cluster is joined to nothing', async () => {
  const pieces: [number, number][] = [];
  const joined = new GuestPieces(SIZE, (bytes, offset) => void pieces.push([offset, bytes.length]));
  const cluster = new Uint8Array(SIZE);
  await joined.put(cluster, 0);
  await joined.flush();
  await joined.put(cluster, SIZE);
  await joined.flush();
  expect(pieces).toEqual([
    [0, SIZE],
    [SIZE, SIZE],
  ]);
});
