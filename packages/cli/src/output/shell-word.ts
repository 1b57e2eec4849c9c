import { printable } from './printable.ts';

/**
 * A text as one word for a shell, for commands that are printed so that the user can paste them. What `printable` would
 * change is written in the form $'\x0a' of bash, zsh and ksh: the word survives `say`, and names the same file.
 */
export function shellWord(text: string): string {
  if (/^[\w./:@%+=,][\w./:@%+=,-]*$/.test(text)) return text;
  if (printable(text) === text) return `'${text.replaceAll("'", "'\\''")}'`;
  const escaped = Array.from(new TextEncoder().encode(text), (byte) =>
    byte > 0x1f && byte < 0x7f && byte !== 0x27 && byte !== 0x5c
      ? String.fromCharCode(byte)
      : `\\x${byte.toString(16).padStart(2, '0')}`,
  );
  return `$'${escaped.join('')}'`;
}
