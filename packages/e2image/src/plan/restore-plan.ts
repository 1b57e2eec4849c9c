import { CliError, usageError } from '@e2image/cli';
import type { RestorePlan } from '@e2image/e2image-restore';
import { numericOptions, type Options } from './numeric-options.ts';

/**
 * The rules of `e2image -I device image-file`.
 *
 * @throws CliError CLI_USAGE, CLI_BAD_NUMBER, CLI_REFUSED
 */
export function planRestore(options: Options): RestorePlan {
  const { superblockBlock, sourceOffset, targetOffset } = numericOptions(options);
  const [device, image] = options.operands;
  if (device === undefined || image === undefined || options.operands.length > 2) throw usageError();
  if (options.flag('raw') || options.flag('qcow2')) {
    if (options.flag('raw') && options.flag('qcow2')) throw usageError();
    throw refused('Raw and qcow2 images cannot be installed');
  }
  if (options.flag('all')) throw refused('-a option can only be used with raw or QCOW2 images.');
  if (superblockBlock !== undefined) throw refused('-b option can only be used with raw or QCOW2 images.');
  // A file system inside a disk: a loop device on that part of it (losetup --offset) is a device of its own.
  if (sourceOffset > 0 || targetOffset > 0) throw refused('Offsets are only allowed with raw images.');
  return {
    image,
    device,
    isDryRun: options.flag('dryRun'),
    isForced: options.flag('force'),
    isJournalDropped: options.flag('dropJournal'),
    isVerifyWanted: options.flag('verify'),
    isProgressWanted: options.flag('progress'),
    undo: options.value('undo'),
    mapfile: options.value('mapfile'),
    spoolFolder: options.value('spool'),
  };
}

/**
 * Options of a restore mean nothing elsewhere, and are not ignored silently: a user who gives `-z` relies on an undo
 * file.
 *
 * @throws CliError CLI_USAGE
 */
export function refuseRestoreOptions(options: Options): void {
  if (options.value('undo') !== undefined || options.flag('verify') || options.flag('dropJournal')) {
    throw usageError('-z, --verify and --drop-journal need -I');
  }
}

const refused = (text: string): CliError => new CliError('CLI_REFUSED', text);
