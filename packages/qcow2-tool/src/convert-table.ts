import { COMMON_OPTIONS, type CommandTable } from '@e2image/cli';
import { CHAIN_OPTIONS, SPOOL_OPTION } from './chain-options.ts';

/** The command line of `qcow2 convert`. */
export const CONVERT_TABLE = {
  summary: 'Convert between raw and QCOW2, or rewrite a QCOW2 image; `-` is standard input or output.',
  usage: [
    '[ -p ] [ --from FORMAT ] [ --to FORMAT ] [ --compress zlib|zstd [ --level N ] ] [ --cluster-size N ] ' +
      '[ --qcow2-version 2|3 ] source target',
    '--measure [ --json ] [ options ] source',
  ],
  options: {
    from: {
      short: 'f',
      long: 'from',
      value: 'FORMAT',
      help: 'format of the source, raw or qcow2 (default: by its first bytes)',
    },
    to: { short: 'O', long: 'to', value: 'FORMAT', help: 'format of the target (default: the other one)' },
    compress: { long: 'compress', value: 'TYPE', help: 'compress clusters: zlib, or zstd (version 3)' },
    level: { long: 'level', value: 'N', help: 'compression level: zlib 1 to 9, zstd 1 to 22' },
    clusterSize: {
      long: 'cluster-size',
      value: 'N',
      help: 'bytes, 512 to 2097152 (default: 65536 or what QEMU needs)',
    },
    qcow2Version: { long: 'qcow2-version', value: 'N', help: '2 (default) or 3' },
    pipeLayout: { long: 'pipe-layout', value: 'HOW', help: 'compressed image into a pipe (see below)' },
    measure: { long: 'measure', help: 'print the exact size of the image in a pipe, and exit' },
    json: { long: 'json', help: 'print that size as JSON' },
    ...SPOOL_OPTION,
    progress: { short: 'p', long: 'progress', help: 'show progress on standard error' },
    force: { long: 'force', help: 'write to a terminal' },
    ...CHAIN_OPTIONS,
    ...COMMON_OPTIONS,
  },
  notes: [
    'A compressed image into a pipe:\n' +
      '  spool     compress once; the result is kept in memory, then in a temporary file (default)\n' +
      '  two-pass  compress twice; nothing is stored\n' +
      '  budget    compress once, store nothing; the tables come last, the image is a few percent larger',
    'A file gets its name only when it is complete. Exit status: 0 done, 1 not done.',
  ],
} as const satisfies CommandTable;
