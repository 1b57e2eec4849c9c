import type { DescChecksums } from '@e2image/ext-core';
import { groupDescLayout, hasGroupChecksums, type Superblock } from '@e2image/ext-core/structures';
import type { Source } from '@e2image/sparse-io';
import type { BitmapKind } from './bitmap-kind.ts';

const f = groupDescLayout;
const FIELDS = {
  block: [f.bg_block_bitmap_csum_lo, f.bg_block_bitmap_csum_hi],
  inode: [f.bg_inode_bitmap_csum_lo, f.bg_inode_bitmap_csum_hi],
} as const;

/**
 * The descriptors of an image as they are put back: with the checksums of the bitmaps that are put back. The checksum of
 * the descriptor itself is updated if it was right before. Memory: 10 bytes for each group.
 */
export class RestoredDescriptors implements Source {
  readonly size: number;
  readonly #stored: Source;
  readonly #descSize: number;
  readonly #checksums: Pick<DescChecksums, 'compute'>;
  readonly #hasChecksums: boolean;
  readonly #bitmaps: Readonly<Record<BitmapKind, { readonly isSet: Uint8Array; readonly checksum: Uint32Array }>>;

  /** @param stored the descriptors in the image, from byte 0 on */
  constructor(stored: Source, sb: Superblock, checksums: Pick<DescChecksums, 'compute'>) {
    this.size = stored.size;
    this.#stored = stored;
    this.#descSize = sb.descSize;
    this.#checksums = checksums;
    this.#hasChecksums = hasGroupChecksums(sb);
    const none = () => ({ isSet: new Uint8Array(sb.groupCount), checksum: new Uint32Array(sb.groupCount) });
    this.#bitmaps = { block: none(), inode: none() };
  }

  /** Set the checksum of the bitmap that is put back for `group`. */
  setBitmap(kind: BitmapKind, group: number, checksum: number): void {
    this.#bitmaps[kind].isSet[group] = 1;
    this.#bitmaps[kind].checksum[group] = checksum;
  }

  /** Reads may begin and end inside a descriptor. */
  readAt(into: Uint8Array, offset: number): void {
    const before = offset % this.#descSize;
    const whole = new Uint8Array(Math.ceil((before + into.length) / this.#descSize) * this.#descSize);
    this.#readWhole(whole, offset - before);
    into.set(whole.subarray(before, before + into.length));
  }

  #readWhole(into: Uint8Array, offset: number): void {
    this.#stored.readAt(into, offset);
    const view = new DataView(into.buffer, into.byteOffset, into.byteLength);
    const first = offset / this.#descSize;
    for (let index = 0; index < into.length / this.#descSize; index++) this.#update(view, index, first + index);
  }

  /** Bring descriptor `index` of the view, that of `group`, up to date. */
  #update(view: DataView, index: number, group: number): void {
    const { block, inode } = this.#bitmaps;
    if (!block.isSet[group] && !inode.isSet[group]) return;
    const base = index * this.#descSize;
    const wasIntact = f.bg_checksum.get(view, base) === this.#checksums.compute(view, index, group);
    for (const kind of ['block', 'inode'] as const) {
      if (!this.#bitmaps[kind].isSet[group]) continue;
      const checksum = this.#bitmaps[kind].checksum[group] as number;
      const [lo, hi] = FIELDS[kind];
      lo.set(view, base, checksum & 0xffff);
      if (this.#descSize >= hi.offset + hi.size) hi.set(view, base, checksum >>> 16);
    }
    if (this.#hasChecksums && wasIntact) f.bg_checksum.set(view, base, this.#checksums.compute(view, index, group));
  }
}
