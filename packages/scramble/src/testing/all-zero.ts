/** Whether bytes are all zero. */
export const allZero = (bytes: Uint8Array): boolean => bytes.every((byte) => byte === 0);
