import type { Move } from '../disk/geometry.ts';

/** What a resume needs to be told. */
export interface ResumeHint {
  readonly device: string;
  readonly move: Omit<Move, 'length'>;
  /** File of the record; undefined when it lies inside the device. */
  readonly journal: string | undefined;
}

/** The exact command that resumes a move, to be pasted into a shell. */
export function resumeCommand({ device, move, journal }: ResumeHint): string {
  const where = journal === undefined ? `-o ${move.source} -O ${move.destination}` : `--journal ${shellWord(journal)}`;
  return `e2image-move --resume ${where} ${shellWord(device)}`;
}

/** A name as one word for a shell; control characters as \$'...' takes them, so that no terminal obeys them. */
function shellWord(text: string): string {
  if (/^[\w./:@%+=,][\w./:@%+=,-]*$/.test(text)) return text;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not reach the terminal
  if (!/[\u0000-\u001f\u007f-\u009f]/.test(text)) return `'${text.replaceAll("'", "'\\''")}'`;
  const escaped = Array.from(new TextEncoder().encode(text), (byte) =>
    byte > 0x1f && byte < 0x7f && byte !== 0x27 && byte !== 0x5c
      ? String.fromCharCode(byte)
      : `\\x${byte.toString(16).padStart(2, '0')}`,
  );
  return `$'${escaped.join('')}'`;
}
