import { zstdFrame } from './zstd-frame.ts';

const MAGIC = [0x28, 0xb5, 0x2f, 0xfd] as const;
/** Window descriptor of 1 KiB. */
const WINDOW = 0;
/** A last block of three raw bytes: size 3 in bits 3 up, type 0, last. */
const RAW = [3 * 8 + 1, 0, 0, 1, 2, 3] as const;

/** Frame headers by RFC 8878, 3.1.1.1: descriptor, window, dictionary, content size; what they say. */
test.each<[string, number[], { windowSize: number; contentSize: number | undefined }]>([
  ['no content size', [0x00, WINDOW], { windowSize: 1024, contentSize: undefined }],
  ['a window of 2 MiB and 3/8', [0x00, (11 << 3) + 3], { windowSize: 2 ** 21 * 1.375, contentSize: undefined }],
  ['one byte of content size in a single segment', [0x20, 200], { windowSize: 200, contentSize: 200 }],
  ['two bytes of content size, which begin at 256', [0x60, 5, 1], { windowSize: 517, contentSize: 517 }],
  ['two bytes of content size after a window', [0x40, WINDOW, 5, 1], { windowSize: 1024, contentSize: 517 }],
  ['four bytes of content size', [0xa0, 1, 2, 3, 4], { windowSize: 0x0403_0201, contentSize: 0x0403_0201 }],
  [
    'eight bytes of content size',
    [0xe0, 1, 0, 0, 0, 2, 0, 0, 0],
    { windowSize: 2 ** 33 + 1, contentSize: 2 ** 33 + 1 },
  ],
  ['one byte of dictionary id', [0x01, WINDOW, 9], { windowSize: 1024, contentSize: undefined }],
  ['two bytes of dictionary id', [0x02, WINDOW, 9, 9], { windowSize: 1024, contentSize: undefined }],
  ['four bytes of dictionary id', [0x23, 9, 9, 9, 9, 7], { windowSize: 7, contentSize: 7 }],
])('a frame with %s is measured, and is incomplete at every shorter length', (_, header, expected) => {
  const frame = Uint8Array.of(...MAGIC, ...header, ...RAW);
  const found = { length: frame.length, isSkippable: false, ...expected };
  expect(zstdFrame(frame, 0)).toEqual(found);
  expect(zstdFrame(Uint8Array.of(0, 0, ...frame, 0xff, 0xff), 2)).toEqual(found);
  for (let length = 0; length < frame.length; length++) {
    expect(zstdFrame(frame.subarray(0, length), 0)).toBeUndefined();
  }
});

test.each<[string, number[]]>([
  ['a checksum', [0x04, WINDOW, ...RAW, 0, 0, 0, 0]],
  ['two blocks', [0x00, WINDOW, 2 * 8, 0, 0, 1, 2, ...RAW]],
  ['a repeated byte, which takes one', [0x00, WINDOW, 0x03, 0xff, 0xff, 7]],
  ['a compressed block', [0x00, WINDOW, 4 * 8 + 4 + 1, 0, 0, 1, 2, 3, 4]],
  ['a block of 256 bytes', [0x00, WINDOW, 1, 8, 0, ...Array<number>(256).fill(0)]],
  ['a block of 8192 bytes', [0x00, WINDOW, 1, 0, 1, ...Array<number>(8192).fill(0)]],
])('a frame with %s ends after it', (_, rest) => {
  const frame = Uint8Array.of(...MAGIC, ...rest);
  expect(zstdFrame(Uint8Array.of(...frame, 9), 0)?.length).toBe(frame.length);
  expect(zstdFrame(frame.subarray(0, -1), 0)).toBeUndefined();
});

test('a skippable frame has the length in its header', () => {
  for (const low of [0x50, 0x5f]) {
    const frame = Uint8Array.of(low, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3);
    expect(zstdFrame(frame, 0)).toEqual({ length: 11, isSkippable: true, windowSize: 0, contentSize: 0 });
    expect(zstdFrame(frame.subarray(0, 10), 0)).toBeUndefined();
  }
});

test.each([
  ['another magic number', [0x29, 0xb5, 0x2f, 0xfd, 0x00, WINDOW, ...RAW]],
  ['a skippable magic number that is one too high', [0x60, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3]],
  ['a block of the reserved type', [...MAGIC, 0x00, WINDOW, 3 * 8 + 6 + 1, 0, 0, 1, 2, 3]],
])('%s is not a frame', (_, bytes) => {
  expect(zstdFrame(Uint8Array.from(bytes), 0)).toBeUndefined();
});
