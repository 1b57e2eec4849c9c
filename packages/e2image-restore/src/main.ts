import { commandMain, type Main, VERSION } from '@e2image/cli';
import { planRestore } from './plan/restore-plan.ts';
import { TABLE } from './plan/table.ts';
import { restoreImage } from './restore-image.ts';

/** The command `e2image-restore IMAGE DEVICE`. @returns the exit status */
export const main: Main = commandMain({
  table: TABLE,
  version: VERSION,
  run: (parsed, world) => restoreImage(planRestore(parsed), world),
});
