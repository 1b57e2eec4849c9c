import { runSync } from '../base/steps.ts';
import { arraySource } from '../testing/image.fixture.ts';
import { checkEnd, type HostFile, readFront, readHost, readTable } from './host-file.ts';

const source = arraySource(Uint8Array.from({ length: 1000 }, (_, i) => i % 250));
const strict: HostFile = { source, name: 'image', truncated: 'error' };
const lax: HostFile = { source, name: 'image', truncated: 'zeros' };

const read = (file: HostFile, offset: number, length: number, clusterSize?: number) => {
  const into = new Uint8Array(length).fill(0xee);
  const purpose = clusterSize === undefined ? { what: 'table' } : { what: 'guest data', clusterSize };
  runSync(readHost(file, into, offset, purpose));
  return [...into];
};

test('bytes up to the end of the file are read', () => {
  expect(read(strict, 996, 4)).toEqual([246, 247, 248, 249]);
});

test('bytes past the end are an error that names what was read and where', () => {
  expect(() => read(strict, 997, 4)).toThrow(
    expect.objectContaining({
      code: 'QCOW2_TRUNCATED',
      message: "table at byte 997 is beyond the image's end at 1000",
      detail: { hostOffset: 997, length: 4 },
    }),
  );
});

test('bytes past the end are zeros where the caller says so', () => {
  expect(read(lax, 998, 4)).toEqual([248, 249, 0, 0]);
  expect(read(lax, 1000, 2)).toEqual([0, 0]);
  expect(read(lax, 5000, 2)).toEqual([0, 0]);
});

test('the last cluster of guest data may be incomplete, a missing one is an error', () => {
  // With 512-byte clusters the file ends inside cluster 1.
  expect(read(strict, 998, 26, 512).slice(0, 4)).toEqual([248, 249, 0, 0]);
  expect(() => read(strict, 998, 27, 512)).toThrow(expect.objectContaining({ code: 'QCOW2_TRUNCATED' }));
  // A file that ends with a whole cluster has no incomplete one.
  const whole = { ...strict, source: arraySource(new Uint8Array(512)) };
  expect(() => read(whole, 512, 1, 512)).toThrow(expect.objectContaining({ code: 'QCOW2_TRUNCATED' }));
});

test('a table is compared with the length of the file before memory is allocated', () => {
  expect([...runSync(readTable(strict, 3, 10, { what: 'table' }))]).toEqual([10, 11, 12]);
  expect(() => runSync(readTable(strict, 2 ** 50, 0, { what: 'table' }))).toThrow(
    expect.objectContaining({ code: 'QCOW2_TRUNCATED' }),
  );
  expect(() => checkEnd(lax, 999, 5, { what: 'table' })).not.toThrow();
});

test('the front of a file is as long as the file allows', () => {
  expect(runSync(readFront(source, 4))).toEqual(Uint8Array.of(0, 1, 2, 3));
  expect(runSync(readFront(source, 2000))).toHaveLength(1000);
  expect(runSync(readFront(arraySource(new Uint8Array(0)), 4))).toHaveLength(0);
});
