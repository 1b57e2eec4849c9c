import fc from 'fast-check';
import { ClusterRuns } from '../base/cluster-runs.ts';
import { GuestOrder, StoredGuests } from './guest-order.ts';

const SIZE = 4;

test('clusters in any order are passed on in ascending order, as soon as possible', async () => {
  const numbers = fc.uniqueArray(fc.nat(40), { minLength: 1, maxLength: 30 });
  await fc.assert(
    fc.asyncProperty(numbers, async (arrival) => {
      const stored = arrival.toSorted((a, b) => a - b);
      const passed: [number, number][] = [];
      const order = new GuestOrder(
        ClusterRuns.from(stored.map((start) => ({ start, count: 1 }))),
        SIZE,
        async (bytes, offset) => {
          passed.push([offset / SIZE, bytes[0] ?? 0]);
        },
      );
      const buffer = new Uint8Array(SIZE);
      for (const [index, guest] of arrival.entries()) {
        await order.put(buffer.fill(guest + 1), guest * SIZE);
        const here = new Set(arrival.slice(0, index + 1));
        const missing = stored.findIndex((number) => !here.has(number));
        const ready = stored.slice(0, missing < 0 ? stored.length : missing);
        expect(passed).toEqual(ready.map((number) => [number, number + 1]));
      }
    }),
  );
});

test('more than 64 MiB of waiting clusters are refused', async () => {
  const size = 2 ** 21;
  const order = new GuestOrder(ClusterRuns.from([{ start: 0, count: 100 }]), size, async () => {});
  const bytes = new Uint8Array(size);
  for (let guest = 1; guest <= 32; guest++) await order.put(bytes, guest * size);
  await expect(order.put(bytes, 33 * size)).rejects.toMatchObject({ code: 'QCOW2_CANNOT_STREAM' });
});

test('the stored guests are known while tables arrive in order', () => {
  const guests = new StoredGuests();
  for (const guest of [1, 2, 5]) guests.add(guest);
  expect([...(guests.known ?? [])]).toEqual([
    { start: 1, count: 2 },
    { start: 5, count: 1 },
  ]);
  guests.add(4);
  expect(guests.known).toBeUndefined();
  guests.add(9);
  expect(guests.known).toBeUndefined();
});
