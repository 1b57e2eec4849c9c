import { Qcow2Error } from '../base/errors.ts';

/** One big-endian integer at a fixed byte offset inside an on-disk structure. */
export interface Field {
  /** Bytes from the start of the structure. */
  readonly offset: number;
  /** Width in bytes. */
  readonly size: 1 | 2 | 4 | 8;
  /**
   * Read the field of the structure that starts at byte `base` of `view`.
   *
   * @throws Qcow2Error QCOW2_TOO_LARGE for an 8-byte field above 2^53 - 1
   */
  get(view: DataView, base: number): number;
  /** Write the field of the structure that starts at byte `base` of `view`; `value` must fit. */
  set(view: DataView, base: number, value: number): void;
}

/** An 8-bit field at byte `offset` of its structure. */
export const u8 = (offset: number): Field => ({
  offset,
  size: 1,
  get: (view, base) => view.getUint8(base + offset),
  set: (view, base, value) => view.setUint8(base + offset, value),
});

/** A 16-bit field at byte `offset` of its structure. */
export const u16 = (offset: number): Field => ({
  offset,
  size: 2,
  get: (view, base) => view.getUint16(base + offset),
  set: (view, base, value) => view.setUint16(base + offset, value),
});

/** A 32-bit field at byte `offset` of its structure. */
export const u32 = (offset: number): Field => ({
  offset,
  size: 4,
  get: (view, base) => view.getUint32(base + offset),
  set: (view, base, value) => view.setUint32(base + offset, value),
});

/** A 64-bit field at byte `offset` of its structure, for values that a number holds exactly. */
export const u64 = (offset: number): Field => ({
  offset,
  size: 8,
  get: (view, base) => safeU64(view.getUint32(base + offset), view.getUint32(base + offset + 4)),
  set: (view, base, value) => {
    view.setUint32(base + offset, Math.floor(value / HALF));
    view.setUint32(base + offset + 4, value % HALF);
  },
});

/** 2^32: the weight of the high half. */
export const HALF = 0x1_0000_0000;

/** The top 32 bits of Number.MAX_SAFE_INTEGER. */
const MAX_SAFE_HI = 0x1f_ffff;

/**
 * Join two 32-bit halves into one exact integer. Arithmetic, not `<<`: JavaScript shifts are 32 bits wide.
 *
 * @throws Qcow2Error QCOW2_TOO_LARGE above 2^53 - 1, which no offset in a file reaches
 */
export function safeU64(hi: number, lo: number): number {
  if (hi > MAX_SAFE_HI) {
    const hex = hi.toString(16) + lo.toString(16).padStart(8, '0');
    throw new Qcow2Error('QCOW2_TOO_LARGE', `value 0x${hex} exceeds 2^53 - 1`, { detail: { value: hi * HALF + lo } });
  }
  return hi * HALF + lo;
}

/** A DataView over exactly the bytes of `bytes`. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
