/** The text of a field of fixed size: up to its first NUL byte, or all of it. What is not UTF-8 becomes U+FFFD. */
export function nulTerminatedText(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end));
}

/** Two lower-case digits for each byte. */
export const hexText = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

/** The 16 bytes of a UUID in the usual form: 8, 4, 4, 4 and 12 digits with hyphens between them. */
export function uuidText(uuid: Uint8Array): string {
  const hex = hexText(uuid);
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
