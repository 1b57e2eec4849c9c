import { Buffer } from 'node:buffer';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { availableCodec, type CompressionType, loadCodec } from './codec.ts';
import { zstdFrame } from './zstd-frame.ts';

const TYPES: readonly CompressionType[] = ['zlib', 'zstd'];
const text = Uint8Array.from({ length: 4096 }, (_, i) => 97 + ((i * i) % 11));

describe.each(TYPES)('%s', (type) => {
  test('a cluster is decompressed, whatever follows its stream', async () => {
    const codec = await loadCodec(type);
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 512, maxLength: 4096 }), fc.uint8Array(), async (cluster, rest) => {
        const stream = await codec.compress(cluster);
        const span = Uint8Array.from([...stream, ...rest]);
        expect(Buffer.compare(codec.decompressSync(span, cluster.length) ?? new Uint8Array(0), cluster)).toBe(0);
        expect(await codec.decompress(span, cluster.length)).toBeDefined();
        expect(Buffer.compare(codec.compressSync(cluster), stream)).toBe(0);
      }),
      { numRuns: 50 },
    );
  });

  test('garbage, a stream cut anywhere, and one of another length return undefined', async () => {
    const codec = await loadCodec(type);
    const stream = codec.compressSync(text);
    for (let length = 0; length < stream.length; length++) {
      expect(codec.decompressSync(stream.subarray(0, length), text.length)).toBeUndefined();
    }
    expect(codec.decompressSync(stream, text.length - 1)).toBeUndefined();
    expect(codec.decompressSync(stream, text.length + 1)).toBeUndefined();
    expect(codec.decompressSync(new Uint8Array(512).fill(0xff), 4096)).toBeUndefined();
    expect(await codec.decompress(new Uint8Array(512).fill(0xff), 4096)).toBeUndefined();
  });

  test('random bytes never return more than a cluster, and never throw', async () => {
    const codec = await loadCodec(type);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => {
        const result = codec.decompressSync(bytes, 512);
        expect(result === undefined || result.length === 512).toBe(true);
      }),
    );
  });

  test('a bomb is stopped at the cluster size', async () => {
    const codec = await loadCodec(type);
    expect(codec.decompressSync(codec.compressSync(new Uint8Array(1 << 25)), 65_536)).toBeUndefined();
  });

  test('levels outside the range are a RangeError, those inside work', async () => {
    for (const level of [0, 23, 1.5]) expect(() => availableCodec(type, { level })).toThrow(RangeError);
    const fast = await loadCodec(type, { level: 1 });
    expect(fast.decompressSync(fast.compressSync(text), text.length)).toBeDefined();
  });
});

test('zlib streams fit the window of QEMU, and streams with any window are read', async () => {
  const codec = await loadCodec('zlib');
  // A match 20 000 bytes back is out of reach of the small window.
  const cluster = new Uint8Array(65_536).map((_, i) => (Math.imul((i % 20_000) + 1, 2_654_435_761) >>> 24) & 0xff);
  const stream = codec.compressSync(cluster);
  expect(inflateRawSync(stream, { windowBits: 12 }).length).toBe(cluster.length);
  const wide = deflateRawSync(cluster, { windowBits: 15 });
  expect(wide.length).toBeLessThan(stream.length / 2);
  expect(codec.decompressSync(wide, cluster.length)).toBeDefined();
  expect((await loadCodec('zlib', { windowBits: 15 })).compressSync(cluster).length).toBeLessThan(stream.length / 2);
  expect(() => availableCodec('zlib', { windowBits: 16 })).toThrow(RangeError);
});

describe('zstd frames', () => {
  test('several frames, with one to skip between them, make one cluster', async () => {
    const codec = await loadCodec('zstd');
    const skipped = Uint8Array.of(0x53, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3);
    const span = Uint8Array.from([
      ...codec.compressSync(text.subarray(0, 1000)),
      ...skipped,
      ...codec.compressSync(text.subarray(1000)),
      9,
      9,
    ]);
    expect(Buffer.compare(codec.decompressSync(span, text.length) ?? new Uint8Array(0), text)).toBe(0);
  });

  test('thousands of empty frames before the content are damage, not work', async () => {
    const codec = await loadCodec('zstd');
    // Magic, single segment, content of 0 bytes, one last raw block of 0 bytes.
    const empty = Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0x20, 0, 1, 0, 0);
    const framed = (count: number) =>
      Uint8Array.from([...Array.from({ length: count }, () => [...empty]).flat(), ...codec.compressSync(text)]);
    expect(codec.decompressSync(framed(2), text.length)).toHaveLength(text.length);
    expect(codec.decompressSync(framed(5000), text.length)).toBeUndefined();
  });

  test('the length of a frame is known without decompressing it', async () => {
    const codec = await loadCodec('zstd');
    for (const bytes of [text, new Uint8Array(300_000), Uint8Array.of(1)]) {
      const stream = codec.compressSync(bytes);
      expect(zstdFrame(Uint8Array.from([0, ...stream, 0]), 1)).toMatchObject({
        length: stream.length,
        isSkippable: false,
      });
    }
  });

  test('a frame that wants a large window is refused before it is decompressed', async () => {
    const codec = await loadCodec('zstd');
    // Magic, no flags, window descriptor 0xff (3.75 TiB), one last raw block of one byte.
    const frame = Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xff, 0x09, 0x00, 0x00, 0x41);
    expect(zstdFrame(frame, 0)?.windowSize).toBeGreaterThan(2 ** 41);
    expect(codec.decompressSync(frame, 1)).toBeUndefined();
    const small = Uint8Array.from(frame);
    small[5] = 0;
    expect(codec.decompressSync(small, 1)).toEqual(Uint8Array.of(0x41));
  });
});
