/**
 * Bytes of a name as text. Bytes that are not UTF-8 become U+FFFD: a file of such a name will not be found, which is
 * better than the wrong file.
 */
export function decodeText(bytes: Uint8Array): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
}
