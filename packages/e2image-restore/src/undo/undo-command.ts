import { shellWord } from '@e2image/cli';

/** The exact command that takes a restore back, to be pasted into a shell. */
export const undoCommand = (undo: string, device: string): string => `e2undo ${shellWord(undo)} ${shellWord(device)}`;
