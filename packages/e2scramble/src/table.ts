import { COMMON_OPTIONS, type CommandTable } from '@e2image/cli';
import { STAYS_VISIBLE } from '@e2image/scramble';

/** The command line of e2scramble. */
export const TABLE = {
  summary:
    'Make names and other secrets in the image of an ext2/3/4 file system unreadable, so that it can be given away:\n' +
    'raw or QCOW2, a file, a device, or - for standard input and output. Only the metadata is written.',
  usage: ['[ --format raw|qcow2 ] [ --scramble-index fresh|keep ] [ --scramble-key FILE ] image out'],
  options: {
    format: { long: 'format', value: 'raw|qcow2', help: 'format of the output; default: that of the input' },
    index: {
      long: 'scramble-index',
      value: 'fresh|keep',
      help: 'boundaries of directory indexes: rebuilt (default), or kept',
    },
    key: { long: 'scramble-key', value: 'FILE', help: 'at least 16 secret bytes: the same key gives the same names' },
    progress: { short: 'p', long: 'progress', help: 'show progress on standard error' },
    spool: { long: 'spool', value: 'FOLDER', help: 'for an image from a pipe; default: $TMPDIR' },
    force: { long: 'force', help: 'write to a terminal' },
    ...COMMON_OPTIONS,
  },
  notes: [
    'Hidden: file names, deleted ones too, link targets, names and values of extended attributes, contents kept in\n' +
      'inodes, what free inodes and unused space still contain, volume label, mount path and options, error texts, names\n' +
      'of machine and device, and all of these in the journal. Contents of files are left out.',
    `What stays visible: ${STAYS_VISIBLE}.`.replaceAll(/(.{1,110})(?: |$)/g, '$1\n').trimEnd(),
    'Kept boundaries are hashes of real names; keep them only to study an index itself.',
    'Exit status: 0 done, 1 not done, 3 done but some blocks could not be read or followed.',
  ],
} as const satisfies CommandTable;
