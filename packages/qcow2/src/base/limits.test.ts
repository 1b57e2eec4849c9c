import { LIMITS, SECTOR } from './limits.ts';

test('the limits are those of QEMU', () => {
  // block/qcow2.h: QCOW_MAX_L1_SIZE, QCOW_MAX_REFTABLE_SIZE, QCOW_MAX_SNAPSHOTS, QCOW_MAX_SNAPSHOTS_SIZE,
  // QCOW_MAX_SNAPSHOT_EXTRA_DATA; block/qcow2-bitmap.c: BME_MAX_TABLE_SIZE and its kind; the others are ours.
  expect(LIMITS).toEqual({
    l1Table: 33_554_432,
    refcountTable: 8_388_608,
    snapshots: 65_536,
    snapshotTable: 67_108_864,
    snapshotExtra: 1024,
    bitmaps: 65_535,
    bitmapDirectory: 68_680_680,
    cryptoHeader: 67_108_864,
    bitmap: 536_870_912,
    backingName: 1023,
    chain: 64,
  });
  expect(SECTOR).toBe(512);
});
