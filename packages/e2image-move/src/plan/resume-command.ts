import { shellWord } from '@e2image/cli';
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
