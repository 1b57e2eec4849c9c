/** Write a non-negative safe integer as 64 bits, big-endian, at byte `at`: by bigint, so that it shares no code with the package. */
export function setU64(view: DataView, at: number, value: number): void {
  view.setBigUint64(at, BigInt(value));
}
