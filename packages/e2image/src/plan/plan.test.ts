import { parseOptions } from '@e2image/cli';
import { planImage, planInstall, planMoveInPlace, planResume } from './plan.ts';
import { TABLE } from './table.ts';

const plan = (...argv: string[]) => planImage(parseOptions(TABLE, argv));

describe('planImage', () => {
  test('decides everything the options say', () => {
    expect(plan('-rac', '-o', '0x400', '-O010', 'dev', 'img')).toEqual({
      format: 'raw',
      device: 'dev',
      image: 'img',
      sourceOffset: 1024,
      targetOffset: 8,
      allData: true,
      selection: 'complete',
      superblockBlock: undefined,
      blockSize: undefined,
      ignoreMount: false,
      dryRun: false,
      compare: true,
      progress: false,
      measure: undefined,
      scramble: false,
      keyFile: undefined,
      scrambleIndex: 'fresh',
      force: false,
      compress: undefined,
      level: undefined,
      clusterSize: undefined,
      qcow2Version: 2,
      keepUnallocated: false,
      mapfile: undefined,
      retries: 0,
      spoolFolder: undefined,
    });
  });

  test.each([
    [['-r', 'd', 'i'], 'compat'],
    [['-ra', 'd', 'i'], 'complete'],
    [['-ra', '--select', 'compat', 'd', 'i'], 'compat'],
    [['-r', '--complete', 'd', 'i'], 'complete'],
  ])('%j selects %s', (argv, selection) => {
    expect(plan(...argv).selection).toBe(selection);
  });

  test.each([
    [['-b', '8193'], 8193],
    [['-b0x2001'], 8193],
    [['-b', '020001'], 8193],
    [['-b', '0'], undefined],
  ])('reads %j as strtoull does, and 0 as not given', (option, block) => {
    expect(plan('-r', ...option, 'd', 'i').superblockBlock).toBe(block);
  });

  test.each([
    [['-r', '-Q', 'd', 'i'], 'CLI_USAGE', ''],
    [['-r', '-r', 'd', 'i'], 'CLI_USAGE', ''],
    [['d'], 'CLI_USAGE', ''],
    [['a', 'b', 'c'], 'CLI_USAGE', ''],
    [['-a', 'd', 'i'], 'CLI_REFUSED', '-a option can only be used with raw or QCOW2 images.'],
    [['-b', '1', 'd', 'i'], 'CLI_REFUSED', '-b option can only be used with raw or QCOW2 images.'],
    [['-Q', '-O', '1', 'd', 'i'], 'CLI_REFUSED', 'Offsets are only allowed with raw images.'],
    [['-Qc', 'd', 'i'], 'CLI_REFUSED', 'The -c option only supported in raw mode'],
    [['-rc', 'd', '-'], 'CLI_REFUSED', 'The -c option not supported when writing to stdout'],
    [['-r', '-b', '8193zz', 'd', 'i'], 'CLI_BAD_NUMBER', "invalid superblock number '8193zz'"],
    [['-r', '-O', '-1', 'd', 'i'], 'CLI_BAD_NUMBER', "destination offset '-1' is not between 0 and 9007199254740991"],
    [
      ['-r', '--compress', 'zlib', 'd', 'i'],
      'CLI_USAGE',
      '--compress, --level, --cluster-size and --qcow2-version need -Q',
    ],
    [['-Q', '--compress', 'lzma', 'd', 'i'], 'CLI_USAGE', "--compress is zlib or zstd, not 'lzma'"],
    [['-Q', '--compress=zstd', '--qcow2-version=2', 'd', 'i'], 'CLI_USAGE', 'zstd needs --qcow2-version 3'],
    [['-Q', '--cluster-size', '5000', 'd', 'i'], 'CLI_USAGE', 'cluster size 5000 is not a power of two'],
    [['-r', '--scramble-index', 'keep', 'd', 'i'], 'CLI_USAGE', '--scramble-key and --scramble-index need -s'],
    [['-r', '--select', 'all', 'd', 'i'], 'CLI_USAGE', "--select is compat or complete, not 'all'"],
    [['-r', '-z', 'undo', 'd', 'i'], 'CLI_USAGE', '-z, --verify and --drop-journal need -I'],
    [['-r', '--verify', 'd', 'i'], 'CLI_USAGE', '-z, --verify and --drop-journal need -I'],
    [['-r', '--journal', 'j', 'd', 'i'], 'CLI_USAGE', '--journal is for a move in place'],
    [['-Q', '--mapfile', 'm', 'd', 'i'], 'CLI_USAGE', '--mapfile needs -r'],
    [['--mapfile', 'm', 'd', 'i'], 'CLI_USAGE', '--mapfile needs -r'],
    [['-r', '--retry', '2', 'd', 'i'], 'CLI_USAGE', '--retry needs --mapfile'],
  ])('refuses %j', (argv, code, message) => {
    expect(() => plan(...argv)).toThrow(expect.objectContaining({ code, message }));
  });
});

describe('planInstall', () => {
  const install = (...argv: string[]) => planInstall(parseOptions(TABLE, argv));
  test('takes the device first, as C does', () => {
    expect(install('-In', '-z', 'u', 'dev', 'img')).toMatchObject({ device: 'dev', image: 'img', undo: 'u' });
  });
  test.each([
    [['-o', '1024'], 'Offsets are only allowed with raw images.'],
    [['-O', '0x100000'], 'Offsets are only allowed with raw images.'],
    [['-b', '8193'], '-b option can only be used with raw or QCOW2 images.'],
    [['-r'], 'Raw and qcow2 images cannot be installed'],
  ])('refuses %j: it would not be heeded', (option, message) => {
    expect(() => install('-I', ...option, 'dev', 'img')).toThrow(
      expect.objectContaining({ code: 'CLI_REFUSED', message }),
    );
  });
});

describe('planMoveInPlace', () => {
  test('refuses an undo file that would not be made', () => {
    const options = parseOptions(TABLE, ['-ra', '-O', '4096', '-z', 'undo', 'dev']);
    expect(() => planMoveInPlace(options)).toThrow(expect.objectContaining({ code: 'CLI_USAGE' }));
  });
});

describe('planResume', () => {
  const resume = (...argv: string[]) => planResume(parseOptions(TABLE, argv));
  test('takes what the record does not say', () => {
    expect(resume('--resume', 'dev')).toEqual({ device: 'dev', journal: undefined });
    expect(resume('-ra', '--resume', '--journal', 'j', '-O', '4096', 'dev')).toEqual({
      device: 'dev',
      journal: 'j',
      from: 0,
      to: 4096,
    });
  });
  test.each([[['--resume']], [['--resume', 'a', 'b']], [['--resume', '-n', 'a']]])('refuses %j', (argv) => {
    expect(() => resume(...argv)).toThrow(expect.objectContaining({ code: 'CLI_USAGE' }));
  });
});
