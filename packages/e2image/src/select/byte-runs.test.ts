import { byteRuns } from './byte-runs.ts';

test('runs of blocks become runs of bytes, beyond 2^32 too', () => {
  const runs = [
    { start: 0, count: 1 },
    { start: 2 ** 32, count: 3 },
  ];
  expect([...byteRuns(runs, 4096)]).toEqual([
    { offset: 0, length: 4096 },
    { offset: 2 ** 44, length: 12_288 },
  ]);
});
