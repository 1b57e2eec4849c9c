import { decodeSnapshot, snapshotLength } from './snapshot-entry.ts';

/** A snapshot table entry, by the offsets of qcow2.rst, "Snapshots". */
function entryOf(extra: number): Uint8Array {
  const bytes = new Uint8Array(40 + extra + 3 + 7);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, 0x1_0000_0200n);
  view.setUint32(8, 77);
  view.setUint16(12, 3);
  view.setUint16(14, 7);
  view.setUint32(16, 1_700_000_000);
  view.setUint32(20, 5);
  view.setBigUint64(24, 0xffff_ffff_0000_0001n);
  view.setUint32(32, 4096);
  view.setUint32(36, extra);
  if (extra >= 8) view.setBigUint64(40, 2n ** 33n);
  if (extra >= 16) view.setBigUint64(48, 2n ** 40n);
  bytes.set(new TextEncoder().encode('id7beforé'), 40 + extra);
  return bytes;
}

test.each([
  [0, 4096, undefined],
  [7, 4096, undefined],
  [8, 2 ** 33, undefined],
  [15, 2 ** 33, undefined],
  [16, 2 ** 33, 2 ** 40],
  [24, 2 ** 33, 2 ** 40],
])('with %d bytes of extra data, the state has %d bytes and the disk %s', (extra, vmStateSize, diskSize) => {
  const entry = entryOf(extra);
  expect(snapshotLength(new DataView(entry.buffer))).toBe(entry.length);
  expect(decodeSnapshot(entry)).toEqual({
    id: 'id7',
    name: 'beforé',
    l1Offset: 0x1_0000_0200,
    l1Entries: 77,
    seconds: 1_700_000_000,
    nanoseconds: 5,
    vmClockNanoseconds: 0xffff_ffff_0000_0001n,
    vmStateSize,
    diskSize,
  });
});
