import { type Command, commandMain, VERSION } from '@e2image/cli';
import { planScramble } from './plan.ts';
import { runScramble } from './run.ts';
import { TABLE } from './table.ts';

const COMMAND: Command<typeof TABLE> = {
  table: TABLE,
  version: VERSION,
  run: async (parsed, world) => {
    const plan = planScramble({
      operands: parsed.operands,
      format: parsed.value('format'),
      index: parsed.value('index'),
      keyFile: parsed.value('key'),
      isProgressWanted: parsed.flag('progress'),
      isForced: parsed.flag('force'),
      spoolFolder: parsed.value('spool'),
    });
    return runScramble(plan, world);
  },
};

/** Run the command. @returns the exit status */
export const main = commandMain(COMMAND);
