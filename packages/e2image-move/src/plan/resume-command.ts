import { shellWord } from '@e2image/cli';
import type { Move } from '../disk/geometry.ts';

/** What the command line of a resume needs. */
export interface ResumeHint {
  readonly device: string;
  readonly move: Omit<Move, 'length'>;
  /** File of the record; undefined if it is inside the device. */
  readonly journal: string | undefined;
}

/** The exact command that resumes a move, ready to paste into a shell. */
export function resumeCommand({ device, move, journal }: ResumeHint): string {
  const where = journal === undefined ? `-o ${move.source} -O ${move.destination}` : `--journal ${shellWord(journal)}`;
  return `e2image-move --resume ${where} ${shellWord(device)}`;
}
