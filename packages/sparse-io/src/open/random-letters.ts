/** `count` lower-case letters that nobody can foresee, for names of temporary files. */
export function randomLetters(count: number): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(count)), (byte) => LETTERS[byte % 26]).join('');
}

// 256 is no multiple of 26: some letters are a little likelier, which costs less than one bit in ten letters.
const LETTERS = 'abcdefghijklmnopqrstuvwxyz';
