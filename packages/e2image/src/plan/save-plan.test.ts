import { parseOptions } from '@e2image/cli';
import { planSave } from './save-plan.ts';
import { TABLE } from './table.ts';

const plan = (...argv: string[]) => planSave(parseOptions(TABLE, argv));

describe('planSave', () => {
  test('decides everything the options say', () => {
    expect(plan('-rac', '-o', '0x400', '-O010', 'dev', 'img')).toEqual({
      format: 'raw',
      device: 'dev',
      image: 'img',
      sourceOffset: 1024,
      targetOffset: 8,
      hasAllData: true,
      selection: 'complete',
      superblockBlock: undefined,
      blockSize: undefined,
      isMountIgnored: false,
      isDryRun: false,
      isCompared: true,
      isProgressWanted: false,
      measure: undefined,
      isScrambled: false,
      keyFile: undefined,
      scrambleIndex: 'fresh',
      isForced: false,
      compress: undefined,
      level: undefined,
      clusterSize: undefined,
      qcow2Version: 2,
      isUnallocatedKept: false,
      mapfile: undefined,
      retries: 0,
      spoolFolder: undefined,
    });
  });

  test('without options: a normal image, and everything else off', () => {
    const { format, device, image, selection, ...rest } = plan('dev', 'img');
    expect({ format, device, image, selection }).toEqual({
      format: 'normal',
      device: 'dev',
      image: 'img',
      selection: 'compat',
    });
    const on = Object.entries(rest).filter(([, value]) => value !== false && value !== undefined && value !== 0);
    expect(on).toEqual([
      ['scrambleIndex', 'fresh'],
      ['qcow2Version', 2],
    ]);
  });

  test.each([
    ['-rn', 'isDryRun'],
    ['-rc', 'isCompared'],
    ['-rp', 'isProgressWanted'],
    ['-rf', 'isMountIgnored'],
    ['-rs', 'isScrambled'],
    ['-ra', 'hasAllData'],
    ['-r --force', 'isForced'],
    ['-r --keep-unallocated', 'isUnallocatedKept'],
  ] as const)('%s sets %s and no other switch', (line, key) => {
    const on = Object.entries(plan(...line.split(' '), 'd', 'i')).filter(([, value]) => value === true);
    expect(on).toEqual([[key, true]]);
  });

  test.each([
    ['-r --mapfile m --retry 3 d i', { mapfile: 'm', retries: 3 }],
    ['-r --mapfile m d i', { mapfile: 'm', retries: 0 }],
    ['-Q --spool s d i', { spoolFolder: 's' }],
    ['-rs --scramble-key k --scramble-index keep d i', { keyFile: 'k', scrambleIndex: 'keep' }],
    ['-rs --scramble-index fresh d i', { keyFile: undefined, scrambleIndex: 'fresh' }],
    ['-rs --mapfile m --scramble-key k d i', { mapfile: 'm', keyFile: 'k' }],
    ['-r --measure d', { measure: 'text', image: '-' }],
    ['-Q --measure --json d', { measure: 'json', image: '-', format: 'qcow2' }],
    ['--measure d i', { measure: 'text', image: 'i', format: 'normal' }],
    ['-Q d -', { image: '-' }],
    ['- -', { device: '-', image: '-' }],
    ['-o 512 d i', { sourceOffset: 512 }],
    ['-B 1024 d i', { blockSize: 1024 }],
    ['-rc d ./-', { isCompared: true }],
    ['-rcn d i', { isCompared: true, isDryRun: true }],
  ])('accepts %s', (line, expected) => {
    expect(plan(...line.split(' '))).toMatchObject(expected);
  });

  test.each([
    ['-r d i', 'compat'],
    ['-Q d i', 'compat'],
    ['d i', 'compat'],
    ['-ra d i', 'complete'],
    ['-Qa d i', 'complete'],
    ['-ra --select compat d i', 'compat'],
    ['-r --select complete d i', 'complete'],
    ['-r --complete d i', 'complete'],
    ['-ra --complete --select compat d i', 'compat'],
  ])('%s selects %s', (line, selection) => {
    expect(plan(...line.split(' ')).selection).toBe(selection);
  });

  test.each([
    ['-Q', { compress: undefined, level: undefined, clusterSize: undefined, qcow2Version: 2 }],
    ['-Q --compress zlib', { compress: 'zlib', qcow2Version: 2 }],
    ['-Q --compress zstd', { compress: 'zstd', qcow2Version: 3 }],
    ['-Q --compress zstd --qcow2-version 3', { compress: 'zstd', qcow2Version: 3 }],
    ['-Q --qcow2-version 2', { qcow2Version: 2 }],
    ['-Q --qcow2-version 3', { qcow2Version: 3 }],
    ['-Q --compress zlib --level 9', { level: 9 }],
    ['-Q --compress zstd --level 22', { level: 22 }],
    ['-Q --cluster-size 512', { clusterSize: 512 }],
    ['-Q --cluster-size 2097152', { clusterSize: 2097152 }],
  ])('%s lays the QCOW2 image out as asked', (line, expected) => {
    expect(plan(...line.split(' '), 'd', 'i')).toMatchObject(expected);
  });

  const QCOW2 = '--compress, --level, --cluster-size and --qcow2-version need -Q';
  const RESTORE = '-z, --verify and --drop-journal need -I';
  const OFFSETS = 'Offsets are only allowed with raw images.';
  const ALL_DATA = '-a option can only be used with raw or QCOW2 images.';
  const COPY = '-b option can only be used with raw or QCOW2 images.';
  test.each([
    ['-r -Q d i', 'CLI_USAGE', ''],
    ['d', 'CLI_USAGE', ''],
    ['-r d', 'CLI_USAGE', ''],
    ['-r', 'CLI_USAGE', ''],
    ['a b c', 'CLI_USAGE', ''],
    ['--measure', 'CLI_USAGE', ''],
    ['--measure a b c', 'CLI_USAGE', ''],
    ['-r --json d i', 'CLI_USAGE', '--json goes with --measure'],
    ['-a d i', 'CLI_REFUSED', ALL_DATA],
    ['-b 1 d i', 'CLI_REFUSED', COPY],
    ['-O 1 d i', 'CLI_REFUSED', OFFSETS],
    ['-Q -O 1 d i', 'CLI_REFUSED', OFFSETS],
    ['-Qc d i', 'CLI_REFUSED', 'The -c option only supported in raw mode'],
    ['-c d i', 'CLI_REFUSED', 'The -c option only supported in raw mode'],
    ['-rc d -', 'CLI_REFUSED', 'The -c option not supported when writing to stdout'],
    ['-r -b 8193zz d i', 'CLI_BAD_NUMBER', "invalid superblock number '8193zz'"],
    ['-r -O -1 d i', 'CLI_BAD_NUMBER', "destination offset '-1' is not between 0 and 9007199254740991"],
    ['-r --compress zlib d i', 'CLI_USAGE', QCOW2],
    ['-r --cluster-size 4096 d i', 'CLI_USAGE', QCOW2],
    ['--level 1 d i', 'CLI_USAGE', QCOW2],
    ['-r --qcow2-version 2 d i', 'CLI_USAGE', QCOW2],
    ['-Q --level 1 d i', 'CLI_USAGE', '--level needs --compress'],
    ['-Q --compress lzma d i', 'CLI_USAGE', "--compress is zlib or zstd, not 'lzma'"],
    ['-Q --qcow2-version 4 d i', 'CLI_USAGE', "--qcow2-version is 2 or 3, not '4'"],
    ['-Q --compress=zstd --qcow2-version=2 d i', 'CLI_USAGE', 'zstd needs --qcow2-version 3'],
    ['-Q --compress zlib --level 10 d i', 'CLI_BAD_NUMBER', "level '10' is not between 1 and 9"],
    ['-Q --compress zlib --level 0 d i', 'CLI_BAD_NUMBER', "level '0' is not between 1 and 9"],
    ['-Q --compress zstd --level 23 d i', 'CLI_BAD_NUMBER', "level '23' is not between 1 and 22"],
    ['-Q --cluster-size 5000 d i', 'CLI_USAGE', 'cluster size 5000 is not a power of two'],
    ['-Q --cluster-size 256 d i', 'CLI_BAD_NUMBER', "cluster size '256' is not between 512 and 2097152"],
    ['-Q --cluster-size 4194304 d i', 'CLI_BAD_NUMBER', "cluster size '4194304' is not between 512 and 2097152"],
    ['-r --scramble-index keep d i', 'CLI_USAGE', '--scramble-key and --scramble-index need -s'],
    ['-r --scramble-key k d i', 'CLI_USAGE', '--scramble-key and --scramble-index need -s'],
    ['-rs --scramble-index new d i', 'CLI_USAGE', "--scramble-index is fresh or keep, not 'new'"],
    [
      '-rs --mapfile m d i',
      'CLI_USAGE',
      '--mapfile with -s needs --scramble-key: a run that continues must give the same names',
    ],
    ['-r --select all d i', 'CLI_USAGE', "--select is compat or complete, not 'all'"],
    ['-r -z undo d i', 'CLI_USAGE', RESTORE],
    ['-r --verify d i', 'CLI_USAGE', RESTORE],
    ['-r --drop-journal d i', 'CLI_USAGE', RESTORE],
    ['-r --journal j d i', 'CLI_USAGE', '--journal is for a move in place'],
    ['-Q --mapfile m d i', 'CLI_USAGE', '--mapfile needs -r'],
    ['--mapfile m d i', 'CLI_USAGE', '--mapfile needs -r'],
    ['-r --retry 2 d i', 'CLI_USAGE', '--retry needs --mapfile'],
    ['-r --mapfile m --retry 1001 d i', 'CLI_BAD_NUMBER', "number of retries '1001' is not between 0 and 1000"],
  ])('refuses %s', (line, code, message) => {
    expect(() => plan(...line.split(' '))).toThrow(expect.objectContaining({ code, message }));
  });

  // Two rules are broken in each line. Source: e2fsprogs misc/e2image.c, main.
  test.each([
    ['-r -Q -b junk d i', 'invalid superblock number'],
    ['-a d', /^$/],
    ['-a -b 5 d i', ALL_DATA],
    ['-a -O 4096 d i', ALL_DATA],
    ['-b 5 -O 4096 d i', COPY],
    ['-Q -O 4096 -c d i', OFFSETS],
    ['-c d -', 'The -c option only supported in raw mode'],
  ])('%s: the rule that C checks first is reported', (line, message) => {
    expect(() => plan(...line.split(' '))).toThrow(
      expect.objectContaining({ message: expect.stringMatching(message) }),
    );
  });

  test.each([
    ['-Qc d i', true],
    ['-rc d -', true],
    ['-a d i', false],
  ])('%s: the message is printed without the name of the program: %s', (line, isBare) => {
    expect(() => plan(...line.split(' '))).toThrow(expect.objectContaining({ isBare }));
  });
});
