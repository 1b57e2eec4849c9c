import { viewOf } from './be.ts';
import { Qcow2Error } from './errors.ts';
import type { Expected } from './expected-clusters.ts';
import type { Geometry } from './geometry.ts';
import type { Qcow2Header } from './header.ts';
import { COMPRESSED_HI, compressedRun, entryOffset, isCompressedValid, ZERO_LO } from './table-entry.ts';

/**
 * The guest clusters that an L2 table stores, within the disk; clusters that read as zeros are left out.
 *
 * @throws Qcow2Error QCOW2_CORRUPT for an entry that cannot be
 */
export function* streamEntries(
  table: Uint8Array,
  l1Index: number,
  { version, virtualSize }: Qcow2Header,
  { clusterSize, clusterBits, l2Entries }: Geometry,
): Generator<Expected> {
  const view = viewOf(table);
  const firstGuest = l1Index * l2Entries;
  const count = Math.min(l2Entries, Math.ceil(virtualSize / clusterSize) - firstGuest);
  for (let index = 0; index < count; index++) {
    const hi = view.getUint32(index * 8);
    const lo = view.getUint32(index * 8 + 4);
    const guest = firstGuest + index;
    if ((hi & COMPRESSED_HI) !== 0) {
      if (!isCompressedValid(hi, clusterBits)) throw corrupt(guest * clusterSize, 'its offset is beyond 2^56');
      const { offset, length } = compressedRun(hi, lo, clusterBits);
      yield { guest, offset, compressedSpan: length };
      continue;
    }
    const isZero = (lo & ZERO_LO) !== 0;
    if (isZero && version === 2) throw corrupt(guest * clusterSize, 'a zero flag in a version 2 image');
    const offset = entryOffset(hi, lo);
    if (offset % clusterSize !== 0) throw corrupt(guest * clusterSize, `offset ${offset} is not at a cluster`);
    if (offset > 0 && !isZero) yield { guest, offset, compressedSpan: 0 };
  }
}

function corrupt(guestOffset: number, why: string): Qcow2Error {
  return new Qcow2Error('QCOW2_CORRUPT', `guest byte ${guestOffset} cannot be mapped: ${why}`, { guestOffset });
}
