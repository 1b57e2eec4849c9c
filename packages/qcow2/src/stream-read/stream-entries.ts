import { Qcow2Error } from '../base/errors.ts';
import { decodeL2, type L2Rules } from '../format/l2-runs.ts';
import type { Expected } from './expected-clusters.ts';

/**
 * The guest clusters that an L2 table stores, within the disk; clusters that read as zeros are left out.
 *
 * @throws Qcow2Error QCOW2_CORRUPT for an entry that cannot be
 */
export function* streamEntries(
  table: Uint8Array,
  { l1Index, virtualSize }: { readonly l1Index: number; readonly virtualSize: number },
  rules: L2Rules,
): Generator<Expected> {
  const { clusterSize, l2Entries, l2EntrySize } = rules.geometry;
  const firstGuest = l1Index * l2Entries;
  // An L1 table may be longer than the disk needs.
  const within = Math.max(0, Math.min(l2Entries, Math.ceil(virtualSize / clusterSize) - firstGuest));
  for (const { kind, start, count, host, span, reason } of decodeL2(table.subarray(0, within * l2EntrySize), rules)) {
    const guest = firstGuest + start;
    if (kind === 'invalid') throw corrupt(guest * clusterSize, reason);
    if (kind === 'compressed') yield { guest, offset: host, compressedSpan: span };
    if (kind !== 'data') continue;
    for (let index = 0; index < count; index++) {
      yield { guest: guest + index, offset: host + index * clusterSize, compressedSpan: 0 };
    }
  }
}

function corrupt(guestOffset: number, reason: string): Qcow2Error {
  return new Qcow2Error('QCOW2_CORRUPT', `guest byte ${guestOffset} cannot be mapped: ${reason}`, {
    detail: { guestOffset },
  });
}
