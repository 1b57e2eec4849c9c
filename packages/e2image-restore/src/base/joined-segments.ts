import { RestoreError } from './errors.ts';
import { continues, type Segment } from './segments.ts';

/** Segments that are kept in memory, at about 200 bytes each. A usual file system of 64 TiB has a fifth of them. */
const MAX_SEGMENTS = 500_000;

/** Collects segments of several kinds. One that begins where the last of its kind ends makes that one longer. */
export class JoinedSegments {
  readonly list: Segment[] = [];
  /** By kind: index in the list of its last segment. */
  readonly #last = new Map<string, number>();

  /** @throws RestoreError RESTORE_TOO_LARGE when there are more segments than fit in memory */
  add(kind: string, segment: Segment): void {
    const index = this.#last.get(kind) ?? -1;
    const last = this.list[index];
    if (last !== undefined && continues(last, segment)) {
      this.list[index] = { ...last, length: last.length + segment.length };
      return;
    }
    if (this.list.length === MAX_SEGMENTS) {
      const message = `the blocks of the image are scattered over more than ${MAX_SEGMENTS} runs`;
      throw new RestoreError('RESTORE_TOO_LARGE', message, { detail: { offset: segment.offset } });
    }
    this.#last.set(kind, this.list.push(segment) - 1);
  }
}
