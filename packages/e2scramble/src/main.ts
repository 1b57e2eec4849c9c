import { type Command, commandMain, VERSION } from '@e2image/cli';
import { planScramble } from './plan.ts';
import { runScramble } from './run.ts';
import { TABLE } from './table.ts';

const COMMAND: Command<typeof TABLE> = {
  table: TABLE,
  version: VERSION,
  run: (parsed, world) => runScramble(planScramble(parsed), world),
};

/** Run the command. @returns the exit status */
export const main = commandMain(COMMAND);
