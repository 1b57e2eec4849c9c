/** 64 feature bits as two 32-bit halves. */
export interface FeatureBits {
  readonly hi: number;
  readonly lo: number;
}

/** No bit set. */
export const NO_FEATURES: FeatureBits = { hi: 0, lo: 0 };

/** Incompatible features by bit number: a reader that does not know one must refuse. Source: qcow2.rst, "Header". */
export const INCOMPATIBLE = { dirty: 0, corrupt: 1, dataFile: 2, compressionType: 3, extendedL2: 4 } as const;
/** Compatible features by bit number: safe to ignore. */
export const COMPATIBLE = { lazyRefcounts: 0 } as const;
/** Autoclear features by bit number: a program that changes the image clears those that it does not know. */
export const AUTOCLEAR = { bitmaps: 0, rawDataFile: 1 } as const;

/** Whether bit `bit` is set. */
export function hasFeature(bits: FeatureBits, bit: number): boolean {
  return ((bit < 32 ? bits.lo >>> bit : bits.hi >>> (bit - 32)) & 1) === 1;
}

/** Numbers of the set bits, ascending. */
export function featureNumbers(bits: FeatureBits): number[] {
  return Array.from({ length: 64 }, (_, bit) => bit).filter((bit) => hasFeature(bits, bit));
}

/** Feature bits from their numbers. */
export function featureBits(numbers: readonly number[]): FeatureBits {
  const half = (from: number) =>
    numbers.filter((bit) => bit >= from && bit < from + 32).reduce((sum, bit) => (sum | (1 << (bit - from))) >>> 0, 0);
  return { lo: half(0), hi: half(32) };
}
