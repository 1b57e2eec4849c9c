import {
  COMMON_OPTIONS,
  type CommandTable,
  commandMain,
  type Main,
  type Parsed,
  usageError,
  VERSION,
} from '@e2image/cli';
import { type RestoreRequest, restoreImage } from './command.ts';

const TABLE = {
  summary: 'Puts the metadata of an e2image (normal, raw or QCOW2; - is standard input) back onto its file system.',
  usage: ['[ -np ] [ -z undo-file ] [ --verify ] [ --force | --drop-journal ] image device'],
  options: {
    dryRun: { short: 'n', long: 'dry-run', help: 'tell which blocks would change, and write nothing' },
    progress: { short: 'p', long: 'progress', help: 'show progress' },
    undo: { short: 'z', long: 'undo', value: 'FILE', help: 'save what is overwritten, for e2undo(8)' },
    verify: { long: 'verify', help: 'read back from the medium afterwards' },
    force: { long: 'force', help: 'restore onto another file system, from a scrambled image, beside another journal' },
    dropJournal: { long: 'drop-journal', help: 'restore with an empty journal that need not be replayed' },
    mapfile: {
      long: 'mapfile',
      value: 'FILE',
      help: 'what of the image was read (default: IMAGE.mapfile, when there)',
    },
    spool: { long: 'spool', value: 'FOLDER', help: 'for an image from a pipe; default: $TMPDIR' },
    ...COMMON_OPTIONS,
  },
  notes: [
    'Exit status: 0 done; 1 nothing or not all done; 3 done, but some blocks were never in the image, or lost by damage,\n' +
      'and stay as they are; 4 verifying found a difference.',
  ],
} as const satisfies CommandTable;

function requestOf(parsed: Parsed<typeof TABLE>): RestoreRequest {
  const [image, device, ...rest] = parsed.operands;
  if (image === undefined || device === undefined || rest.length > 0) throw usageError();
  return {
    image,
    device,
    isDryRun: parsed.flag('dryRun'),
    force: parsed.flag('force'),
    dropJournal: parsed.flag('dropJournal'),
    verify: parsed.flag('verify'),
    progress: parsed.flag('progress'),
    undo: parsed.value('undo'),
    mapfile: parsed.value('mapfile'),
    spoolFolder: parsed.value('spool'),
  };
}

/** `e2image-restore IMAGE DEVICE`. @returns the exit status */
export const main: Main = commandMain({
  table: TABLE,
  version: VERSION,
  run: (parsed, world) => restoreImage(requestOf(parsed), world),
});
