import fc from 'fast-check';
import { ascendingOrder } from './ascending-order.ts';

test('keys are put in ascending order, equal ones in the order they came, beyond 2^32 too', () => {
  const key = fc.oneof(fc.nat(9), fc.nat(), fc.maxSafeNat());
  fc.assert(
    fc.property(fc.array(key), (keys) => {
      const expected = [...keys.keys()].sort((a, b) => (keys[a] ?? 0) - (keys[b] ?? 0) || a - b);
      expect([...ascendingOrder(Float64Array.from(keys))]).toEqual(expected);
    }),
  );
});
