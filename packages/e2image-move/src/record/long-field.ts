/** A 64-bit little-endian unsigned integer at a fixed byte offset: a `Field` of ext-core, twice as wide. */
export interface LongField {
  readonly offset: number;
  /** Width in bytes. */
  readonly size: 8;
  /** Exact up to 2^53 - 1; what is above reads inexact, and no check of a number accepts it. */
  get(view: DataView, base: number): number;
  set(view: DataView, base: number, value: number): void;
}

export const u64 = (offset: number): LongField => ({
  offset,
  size: 8,
  get: (view, base) => view.getUint32(base + offset + 4, true) * 0x1_0000_0000 + view.getUint32(base + offset, true),
  set: (view, base, value) => {
    view.setUint32(base + offset, value % 0x1_0000_0000, true);
    view.setUint32(base + offset + 4, Math.floor(value / 0x1_0000_0000), true);
  },
});
