import { ClusterRing } from './cluster-ring.ts';

test('the last three clusters are found by number, with their bytes; the one before leaves the ring', () => {
  const ring = new ClusterRing(4);
  for (let index = 0; index < 10; index++) {
    ring.slot.fill(index + 1);
    const { current, out } = ring.push(index, 4);
    expect(current).toMatchObject({ index, length: 4, used: 0 });
    // Still valid until the next cluster arrives.
    expect(out === undefined ? undefined : [out.index, ...out.bytes]).toEqual(
      index < 3 ? undefined : [index - 3, ...Array<number>(4).fill(index - 2)],
    );
    for (let other = 0; other < 12; other++) {
      const isKept = other <= index && other > index - 3;
      expect(ring.get(other)?.bytes).toEqual(isKept ? new Uint8Array(4).fill(other + 1) : undefined);
    }
  }
});

test('the missing part of a cluster is zeros', () => {
  const ring = new ClusterRing(4);
  for (let index = 0; index < 5; index++) {
    ring.slot.fill(9);
    ring.push(index, 4);
  }
  ring.slot.fill(7);
  expect(ring.push(5, 1).current).toMatchObject({ bytes: Uint8Array.of(7, 0, 0, 0), length: 1 });
});
