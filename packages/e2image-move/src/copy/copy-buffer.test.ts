import { copyBuffer, loadsOf, unitsOf } from './copy-buffer.ts';

const MIB = 1024 * 1024;
const small = { bytes: new Uint8Array(10), unit: 4 };

describe('copyBuffer', () => {
  const memory = (length: number): Uint8Array => new Uint8Array(length);

  test.each([
    ['a batch around the cache', 8 * MIB, { isBatchWhole: false, memory }, 8 * MIB, 8 * MIB],
    ['no more than it can use', 1024, { isBatchWhole: false, memory }, 1024, 8 * MIB],
    ['little through the cache', 8 * MIB, { isBatchWhole: false }, MIB / 2, MIB / 2],
    ['little where there is no memory', 8 * MIB, { isBatchWhole: false, memory: () => undefined }, MIB / 2, MIB / 2],
    ['a batch that must be whole', 8 * MIB, { isBatchWhole: true }, 8 * MIB, MIB / 2],
    ['a longer batch that must be whole', 64 * MIB, { isBatchWhole: true, memory }, 64 * MIB, 8 * MIB],
  ])('holds %s', (_, batch, options, length, unit) => {
    const buffer = copyBuffer(batch, options);
    expect([buffer.bytes.length, buffer.unit]).toEqual([length, unit]);
  });
});

describe('loadsOf', () => {
  test('cuts pieces into units, and loads at the end of the buffer', () => {
    const pieces = [
      { from: 0, to: 5 },
      { from: 20, to: 22 },
      { from: 30, to: 40 },
    ];
    const loads = [...loadsOf(small, pieces)].map((load) =>
      load.map(({ bytes, at, position }) => [bytes.byteOffset, at, bytes.length, position]),
    );
    expect(loads).toEqual([
      [
        [0, 0, 4, 0],
        [4, 4, 1, 4],
        [5, 5, 2, 20],
        [7, 7, 3, 30],
      ],
      [
        [0, 0, 4, 33],
        [4, 4, 3, 37],
      ],
    ]);
  });

  test('no load is made if nothing is in use', () => {
    expect([...loadsOf(small, [])]).toEqual([]);
  });
});

test('unitsOf gives what a load fills', () => {
  const [load = []] = loadsOf(small, [
    { from: 0, to: 5 },
    { from: 8, to: 9 },
  ]);
  expect([...unitsOf(small, load)].map(({ bytes, at }) => [at, bytes.length])).toEqual([
    [0, 4],
    [4, 2],
  ]);
});
