/** `count` unpredictable lower-case letters, for names of temporary files. */
export function randomLetters(count: number): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(count)), (byte) => LETTERS[byte % 26]).join('');
}

// 256 is not a multiple of 26, so some letters are slightly more frequent: ten letters lose less than one bit.
const LETTERS = 'abcdefghijklmnopqrstuvwxyz';
