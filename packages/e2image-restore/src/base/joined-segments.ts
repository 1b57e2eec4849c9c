import { RestoreError } from './errors.ts';
import { continues, type Segment } from './segments.ts';

/** Places of a device that are kept in memory, at some 200 bytes each: five times those of a usual 64 TiB. */
const MAX_SEGMENTS = 500_000;

/** Segments as they are found, kind by kind: one that goes on where the last of its kind ended only makes that longer. */
export class JoinedSegments {
  readonly list: Segment[] = [];
  /** Where in the list the last segment of each kind is. */
  readonly #last = new Map<string, number>();

  /** @throws RestoreError RESTORE_TOO_LARGE when they are scattered over more places than fit in memory */
  add(kind: string, segment: Segment): void {
    const index = this.#last.get(kind) ?? -1;
    const last = this.list[index];
    if (last !== undefined && continues(last, segment)) {
      this.list[index] = { ...last, length: last.length + segment.length };
      return;
    }
    if (this.list.length === MAX_SEGMENTS) {
      const message = `the image has blocks for more than ${MAX_SEGMENTS} places on the device`;
      throw new RestoreError('RESTORE_TOO_LARGE', message, { detail: { offset: segment.offset } });
    }
    this.#last.set(kind, this.list.push(segment) - 1);
  }
}
