import { CliError, usageError } from '@e2image/cli';
import type { MovePlan, ResumePlan } from '@e2image/e2image-move';
import { numericOptions, type Options } from './numeric-options.ts';
import { refuseRestoreOptions } from './restore-plan.ts';

/** Whether the command line asks for a move: one operand and an offset. @throws CliError CLI_BAD_NUMBER */
export function isMove(options: Options): boolean {
  if (options.operands.length !== 1 || options.flag('install')) return false;
  const { sourceOffset, targetOffset } = numericOptions(options);
  return sourceOffset > 0 || targetOffset > 0;
}

/**
 * The rules of `e2image -ra -o X` and `-O Y` with one operand.
 *
 * @throws CliError CLI_USAGE, CLI_BAD_NUMBER, CLI_REFUSED
 */
export function planMove(options: Options): MovePlan {
  const { sourceOffset, targetOffset } = numericOptions(options);
  const [device] = options.operands;
  if (device === undefined || (options.flag('raw') && options.flag('qcow2'))) throw usageError();
  if (options.flag('all') && !options.flag('raw') && !options.flag('qcow2')) {
    throw refused('-a option can only be used with raw or QCOW2 images.');
  }
  if (!options.flag('raw')) throw refused('Offsets are only allowed with raw images.');
  if (!options.flag('all')) throw refused('Move mode requires all data mode.');
  refuseRestoreOptions(options);
  const request = {
    device,
    from: sourceOffset,
    to: targetOffset,
    journal: options.value('journal'),
    isForced: options.flag('force'),
    isDryRun: options.flag('dryRun'),
  };
  return { request, options: { isProgressWanted: options.flag('progress'), isCompared: options.flag('compare') } };
}

/**
 * The rules of `e2image --resume DEVICE`: what the record says need not be repeated on the command line, but may be.
 *
 * @throws CliError CLI_USAGE, CLI_BAD_NUMBER
 */
export function planResume(options: Options): ResumePlan {
  const [device] = options.operands;
  if (device === undefined || options.operands.length > 1) throw usageError();
  if (options.flag('dryRun')) throw usageError('-n and --resume exclude each other');
  const { sourceOffset, targetOffset } = numericOptions(options);
  const isGiven = sourceOffset > 0 || targetOffset > 0;
  const journal = options.value('journal');
  return {
    request: { device, journal, ...(isGiven && { from: sourceOffset, to: targetOffset }) },
    options: { isProgressWanted: options.flag('progress') },
  };
}

const refused = (text: string): CliError => new CliError('CLI_REFUSED', text);
