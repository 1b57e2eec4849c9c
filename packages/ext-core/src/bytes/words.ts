/**
 * Index of the 32-bit word that holds a field, in a structure seen as words. On little-endian machines the word of a
 * 16-bit field has it in its lower half when the offset is a multiple of 4, otherwise in its upper half.
 *
 * @param field its offset in bytes; alignment of the structure itself is the caller's
 */
export const wordOf = (field: { readonly offset: number }): number => field.offset >>> 2;

/** Whether words of this machine have the order of bytes that ext file systems have on disk. */
export const IS_LITTLE_ENDIAN: boolean = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;
