import { COMMON_OPTIONS, type CommandTable } from '@e2image/cli';

/** The options of e2image-restore. */
export const TABLE = {
  summary: 'Puts the metadata of an e2image (normal, raw or QCOW2; - is standard input) back onto its file system.',
  usage: ['[ -np ] [ -z undo-file ] [ --verify ] [ --force | --drop-journal ] image device'],
  options: {
    dryRun: { short: 'n', long: 'dry-run', help: 'print which blocks would change, and write nothing' },
    progress: { short: 'p', long: 'progress', help: 'show progress' },
    undo: { short: 'z', long: 'undo', value: 'FILE', help: 'save what is overwritten, for e2undo(8)' },
    verify: { long: 'verify', help: 'read back from the medium afterwards' },
    force: {
      long: 'force',
      help: 'restore onto another file system, from a scrambled image, or with a journal of another state',
    },
    dropJournal: { long: 'drop-journal', help: 'restore with an empty journal, which is never replayed' },
    mapfile: {
      long: 'mapfile',
      value: 'FILE',
      help: 'which parts of the image were read (default: IMAGE.mapfile, if it exists)',
    },
    spool: { long: 'spool', value: 'FOLDER', help: 'for the copy of an image from a pipe (default: $TMPDIR)' },
    ...COMMON_OPTIONS,
  },
  notes: [
    'Exit status: 0 done; 1 nothing or not all done; 3 done, but some blocks were never in the image or were lost by\n' +
      'damage, and stay as they are; 4 the verification found a difference.',
  ],
} as const satisfies CommandTable;
