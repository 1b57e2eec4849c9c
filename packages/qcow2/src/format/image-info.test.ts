import { openQcow2 } from '../read/reader.ts';
import { arraySource, buildImage, type FixtureOptions } from '../testing/image.fixture.ts';
import { headerLayout as f } from './header.ts';

function infoOf(options: FixtureOptions, change: (view: DataView) => void = () => {}) {
  const { bytes } = buildImage(options);
  change(new DataView(bytes.buffer));
  return openQcow2(arraySource(bytes), { follow: 'none' }).info;
}

test('a plain image has no properties but its sizes', () => {
  expect(infoOf({ clusters: [undefined, undefined], refcountOrder: 3 })).toMatchObject({
    virtualSize: 1024,
    clusterSize: 512,
    refcountBits: 8,
    compressionType: 'zlib',
    encryption: undefined,
    isDirty: false,
    isCorrupt: false,
    backingName: undefined,
    backingFormat: undefined,
    hasLazyRefcounts: false,
    hasExtendedL2: false,
    hasDataFile: false,
    hasRawDataFile: false,
    dataFileName: undefined,
    extensions: [],
    unread: [],
    warnings: [],
  });
});

test.each<[string, FixtureOptions, object]>([
  ['zstd', { zstd: true }, { compressionType: 'zstd' }],
  ['AES', { crypt: 1 }, { encryption: 'aes' }],
  ['extended L2', { extendedL2: true, clusterBits: 14 }, { hasExtendedL2: true }],
  ['a backing file', { backing: { name: 'b', format: 'raw' } }, { backingName: 'b', backingFormat: 'raw' }],
  ['a backing file of no format', { backing: { name: 'b' } }, { backingName: 'b', backingFormat: undefined }],
  ['a data file', { dataFile: { name: 'd' } }, { hasDataFile: true, hasRawDataFile: false, dataFileName: 'd' }],
  ['a raw data file', { dataFile: { name: 'd', raw: true } }, { hasDataFile: true, hasRawDataFile: true }],
])('%s is reported', (_, options, expected) => {
  expect(infoOf(options)).toMatchObject(expected);
});

test.each<[string, (view: DataView) => void, object]>([
  ['dirty', (v) => f.incompatible_features_lo.set(v, 0, 1), { isDirty: true, isCorrupt: false }],
  ['corrupt', (v) => f.incompatible_features_lo.set(v, 0, 2), { isDirty: false, isCorrupt: true }],
  ['lazy refcounts', (v) => f.compatible_features_lo.set(v, 0, 1), { hasLazyRefcounts: true }],
])('the bit for %s is reported', (_, change, expected) => {
  expect(infoOf({}, change)).toMatchObject(expected);
});

test.each<[string, (view: DataView) => void, string]>([
  ['a broken size', (v) => f.size.set(v, 0, 600), 'virtual size 600 is not a multiple of 512, the rest is left out'],
  ['no refcounts', (v) => f.refcount_table_clusters.set(v, 0, 0), 'refcount table is empty'],
  ['an unaligned table', (v) => f.refcount_table_offset.set(v, 0, 520), 'refcount table at 520 is not aligned'],
  ['the dirty bit', (v) => f.incompatible_features_lo.set(v, 0, 1), 'marked dirty: refcounts may be stale'],
  ['the corrupt bit', (v) => f.incompatible_features_lo.set(v, 0, 2), 'marked corrupt'],
])('%s is one warning', (_, change, warning) => {
  expect(infoOf({ clusters: [undefined, undefined] }, change).warnings).toEqual([warning]);
});
