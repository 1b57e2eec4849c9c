import { type Parsed, usageError } from '@e2image/cli';
import type { TABLE } from './table.ts';

/** A restore, fully decided: what `e2image-restore IMAGE DEVICE` and `e2image -I DEVICE IMAGE` do. */
export interface RestorePlan {
  /** Path of the image; `-` is standard input. */
  readonly image: string;
  /** Path of the device, or of a file with the file system. */
  readonly device: string;
  /** Print what would change, and write nothing. */
  readonly isDryRun: boolean;
  /** Continue if the device or the image is not what it should be. */
  readonly isForced: boolean;
  /** Restore with an empty journal, which is never replayed. */
  readonly isJournalDropped: boolean;
  /** Read back from the medium afterwards. */
  readonly isVerifyWanted: boolean;
  readonly isProgressWanted: boolean;
  /** Undo file to make or to continue; undefined: none. */
  readonly undo: string | undefined;
  /** ddrescue mapfile of the image; undefined: IMAGE.mapfile if it exists. */
  readonly mapfile: string | undefined;
  /** Folder for the temporary copy of an image from a pipe; undefined: $TMPDIR. */
  readonly spoolFolder: string | undefined;
}

/** The rules of `e2image-restore IMAGE DEVICE`. @throws CliError CLI_USAGE */
export function planRestore(parsed: Parsed<typeof TABLE>): RestorePlan {
  const [image, device, ...rest] = parsed.operands;
  if (image === undefined || device === undefined || rest.length > 0) throw usageError();
  return {
    image,
    device,
    isDryRun: parsed.flag('dryRun'),
    isForced: parsed.flag('force'),
    isJournalDropped: parsed.flag('dropJournal'),
    isVerifyWanted: parsed.flag('verify'),
    isProgressWanted: parsed.flag('progress'),
    undo: parsed.value('undo'),
    mapfile: parsed.value('mapfile'),
    spoolFolder: parsed.value('spool'),
  };
}
