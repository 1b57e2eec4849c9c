import { COMMON_OPTIONS, type CommandTable } from '@e2image/cli';

/** The command line of e2image: the C tool's letters, and long options of ours. */
export const TABLE = {
  summary:
    'Save the metadata, or all used data, of an ext2/3/4 file system to a file, a device or standard output (-).',
  usage: [
    '[ -r|-Q ] [ -f ] [ -b superblock ] [ -B blocksize ] device image-file',
    '-I device image-file',
    '-ra [ -cfnp ] [ -o src_offset ] [ -O dest_offset ] src_fs [ dest_fs ]',
  ],
  options: {
    raw: { short: 'r', repeat: 'refuse', help: 'raw image: every block at its own position' },
    qcow2: { short: 'Q', repeat: 'refuse', help: 'QCOW2 image' },
    install: { short: 'I', help: 'restore an image onto its device' },
    all: { short: 'a', help: 'save file contents too (with -r or -Q)' },
    compare: { short: 'c', help: 'read the target first and write only what differs (with -r)' },
    dryRun: { short: 'n', help: 'print the blocks that would be written, write nothing' },
    progress: { short: 'p', help: 'show progress on standard error' },
    ignoreMount: { short: 'f', help: 'save a file system that is mounted for writing' },
    scramble: { short: 's', help: 'make file names and other secrets unreadable' },
    superblock: { short: 'b', value: 'N', help: 'use the superblock copy in block N' },
    blockSize: { short: 'B', value: 'N', help: 'block size of the file system, in bytes' },
    sourceOffset: { short: 'o', value: 'N', help: 'the file system begins at byte N of the source' },
    targetOffset: { short: 'O', value: 'N', help: 'the image begins at byte N of the target (with -r)' },
    select: { long: 'select', value: 'WHAT', help: 'blocks to save: compat (as C e2image) or complete (see below)' },
    complete: { long: 'complete', help: 'the same as --select complete' },
    scrambleKey: {
      long: 'scramble-key',
      value: 'FILE',
      help: 'with -s: 16 secret bytes or more; the same key gives the same names',
    },
    scrambleIndex: {
      long: 'scramble-index',
      value: 'HOW',
      help: 'with -s: directory indexes are rebuilt (fresh, the default) or kept (keep)',
    },
    compress: { long: 'compress', value: 'TYPE', help: 'compress the QCOW2 image: zlib or zstd (version 3)' },
    level: { long: 'level', value: 'N', help: 'how hard: 1 to 9 for zlib, 1 to 22 for zstd' },
    clusterSize: { long: 'cluster-size', value: 'N', help: 'bytes of a QCOW2 cluster' },
    qcow2Version: { long: 'qcow2-version', value: 'N', help: '2 (the default; C e2image reads no other) or 3' },
    measure: { long: 'measure', help: 'make no image: print the exact size in bytes that a pipe would get' },
    json: { long: 'json', help: 'with --measure: print JSON' },
    spool: { long: 'spool', value: 'FOLDER', help: 'for data that does not fit in memory; default: $TMPDIR' },
    keepUnallocated: {
      long: 'keep-unallocated',
      help: 'with -r from a QCOW2 image: leave in the target what the image does not hold',
    },
    undo: { short: 'z', long: 'undo', value: 'FILE', help: 'with -I: save the overwritten blocks, for e2undo(8)' },
    verify: { long: 'verify', help: 'with -I: read back from the medium afterwards' },
    dropJournal: { long: 'drop-journal', help: 'with -I: restore with an empty journal, so that nothing is replayed' },
    mapfile: {
      long: 'mapfile',
      value: 'FILE',
      help: 'with -r: ddrescue map of what was read; an interrupted run into a file or device continues from it',
    },
    retry: {
      long: 'retry',
      value: 'N',
      help: 'with --mapfile: repeat a failed read N times, also where the map has it as bad',
    },
    resume: { long: 'resume', help: 'finish a move in place that was interrupted' },
    journal: { long: 'journal', value: 'FILE', help: 'with a move in place: where its record is kept' },
    force: {
      long: 'force',
      help: 'write to a terminal, or a device marked in use by MMP; with -I or a move: continue where refused',
    },
    ...COMMON_OPTIONS,
  },
  notes: [
    'Numbers may be decimal, 0x hexadecimal or 0 octal.',
    'Selections: `compat` is what C e2image saves and the default of -r and -Q; `complete`, the default\n' +
      'with -a, also has backup superblocks and descriptors, attribute values in inodes and the blocks of\n' +
      'deleted files that were still open, so that e2fsck reports the same for image and source.',
    '-s hides names, link targets, attributes, contents kept in inodes, labels, and their copies in the journal.\n' +
      'It cannot hide sizes, times, owners, lengths of names, the shape of the tree, nor, with -a, file contents.',
    'Exit status: 0 done, 1 not done, 3 done but some blocks could not be read or followed.',
  ],
} as const satisfies CommandTable;
