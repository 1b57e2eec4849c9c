/** One little-endian unsigned integer at a fixed byte offset of a structure; 64 bits hold numbers up to 2^53 - 1. */
export interface Field {
  readonly offset: number;
  /** Width in bytes. */
  readonly size: 4 | 8;
  get(view: DataView): number;
  set(view: DataView, value: number): void;
}

/** A run of bytes at a fixed offset of a structure. */
export interface BytesField {
  readonly offset: number;
  readonly size: number;
  /** The bytes in place: a window on the buffer of `view`, not a copy. */
  get(view: DataView): Uint8Array;
}

export const u32 = (offset: number): Field => ({
  offset,
  size: 4,
  get: (view) => view.getUint32(offset, true),
  set: (view, value) => view.setUint32(offset, value, true),
});

/** Two 32-bit halves, low first. What is above 2^53 reads inexact, and no check of a number accepts it. */
export const u64 = (offset: number): Field => ({
  offset,
  size: 8,
  get: (view) => view.getUint32(offset + 4, true) * 0x1_0000_0000 + view.getUint32(offset, true),
  set: (view, value) => {
    view.setUint32(offset, value % 0x1_0000_0000, true);
    view.setUint32(offset + 4, Math.floor(value / 0x1_0000_0000), true);
  },
});

export const bytes = (offset: number, size: number): BytesField => ({
  offset,
  size,
  get: (view) => new Uint8Array(view.buffer, view.byteOffset + offset, size),
});
