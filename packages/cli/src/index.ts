export { inputName, outputName } from './output/file-name.ts';
export { openTarget, tooSmall } from './output/open-target.ts';
export { printable } from './output/printable.ts';
export { NO_PROGRESS, type Progress, type ProgressOptions, startProgress } from './output/progress.ts';
export { describeUse, refuseInUse } from './output/refuse-in-use.ts';
export { refuseOverlap } from './output/refuse-overlap.ts';
export { failed, isReadError, reasonOf, reportError, say } from './output/report.ts';
export { shellWord } from './output/shell-word.ts';
export { Warnings } from './output/warnings.ts';
export { writeOutput } from './output/write-output.ts';
export { getopt, type OptionSpelling, type Typed } from './parse/getopt.ts';
export { readKey } from './parse/key-file.ts';
export { type NumberRule, parseNumber } from './parse/numbers.ts';
export {
  COMMON_OPTIONS,
  type CommandTable,
  helpText,
  type OptionRule,
  type Parsed,
  parseOptions,
  usageText,
} from './parse/options.ts';
export { type Command, commandMain } from './run-command.ts';
export { CliError, type CliErrorCode, type CliErrorOptions, codeOf, isCliError, usageError } from './world/errors.ts';
export { EXIT } from './world/exit-status.ts';
export { type MountState, type MountView, mountState, realMounts } from './world/mounted.ts';
export { realWorld } from './world/real-world.ts';
export {
  diePiped,
  ENDING_SIGNALS,
  type EndingSignal,
  processSignals,
  SignalGuard,
  type SignalHost,
  watchSignals,
} from './world/signals.ts';
export { isSystemError, strerror } from './world/strerror.ts';
export { VERSION } from './world/version.ts';
export type { Main, World } from './world/world.ts';
