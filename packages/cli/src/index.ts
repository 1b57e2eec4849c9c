export { CliError, type CliErrorCode, type CliErrorOptions, codeOf, isCliError, usageError } from './errors.ts';
export { EXIT } from './exit-status.ts';
export { getopt, type OptionSpelling, type Typed } from './getopt.ts';
export { readKey } from './key-file.ts';
export { type MountState, type MountView, mountState, realMounts } from './mounted.ts';
export { type NumberRule, parseNumber } from './numbers.ts';
export {
  COMMON_OPTIONS,
  type CommandTable,
  helpText,
  type OptionRule,
  type Parsed,
  parseOptions,
  usageText,
} from './options.ts';
export { printable } from './printable.ts';
export { NO_PROGRESS, type Progress, type ProgressOptions, startProgress } from './progress.ts';
export { realWorld } from './real-world.ts';
export { failed, isReadError, reasonOf, reportError, say } from './report.ts';
export { type Command, commandMain } from './run-command.ts';
export {
  diePiped,
  ENDING_SIGNALS,
  type EndingSignal,
  processSignals,
  SignalGuard,
  type SignalHost,
  watchSignals,
} from './signals.ts';
export { isSystemError, strerror } from './strerror.ts';
export { Warnings } from './warnings.ts';
export type { Main, World } from './world.ts';
export { type GuardedOutput, openGuarded, refuseTerminal, warnInPlace, writeOutput } from './write-output.ts';
