import fc from 'fast-check';
import { fillRefcounts, getRefcount, refcountSize, refcountsPerBlock, setRefcount } from './refcount.ts';

const order = () => fc.integer({ min: 0, max: 6 });

describe('refcounts of every width', () => {
  test('read back what was written, and leave their neighbours alone', () => {
    fc.assert(
      fc.property(order(), fc.nat(63), fc.maxSafeNat(), (width, index, raw) => {
        const count = raw % Math.min(2 ** (2 ** width), Number.MAX_SAFE_INTEGER);
        const block = new DataView(new ArrayBuffer(512));
        fillRefcounts(block, 0, 64, width);
        setRefcount(block, index, width, count);
        for (let other = 0; other < 64; other++) {
          expect(getRefcount(block, other, width)).toBe(other === index ? count : 1);
        }
      }),
    );
  });

  test('below 8 bits fill bytes from the least significant bit', () => {
    const block = new DataView(new ArrayBuffer(8));
    setRefcount(block, 1, 0, 1);
    setRefcount(block, 2, 2, 0xa);
    expect([block.getUint8(0), block.getUint8(1)]).toEqual([0b10, 0x0a]);
  });
});

describe('refcountSize', () => {
  test('covers everything, itself included, and would not without its last block', () => {
    fc.assert(
      fc.property(order(), fc.integer({ min: 9, max: 21 }), fc.nat(2 ** 31 - 1), (width, clusterBits, clusters) => {
        const { tableClusters, blocks } = refcountSize({ clusters, clusterBits, order: width });
        const perBlock = refcountsPerBlock(clusterBits, width);
        expect(blocks * perBlock).toBeGreaterThanOrEqual(clusters + tableClusters + blocks);
        expect(tableClusters * 2 ** (clusterBits - 3)).toBeGreaterThanOrEqual(blocks);
        if (blocks > 2) expect((blocks - 2) * perBlock).toBeLessThan(clusters + tableClusters + blocks);
      }),
    );
  });
});
