import { type Command, commandMain } from '@e2image/cli';
import { makeImage } from './make-image.ts';
import { planImage } from './plan.ts';
import { TABLE } from './table.ts';

/** The version of e2fsprogs whose e2image this replaces; scripts look at the banner. */
const BANNER = 'e2image 1.47.0 (5-Feb-2023)\n';

const COMMAND: Command<typeof TABLE> = {
  table: TABLE,
  version: '0.1.0 (compatible with e2image 1.47.0)',
  banner: BANNER,
  run: (parsed, world) => makeImage(planImage(parsed), world),
};

/** Run the drop-in. @returns the exit status */
export const main = commandMain(COMMAND);
