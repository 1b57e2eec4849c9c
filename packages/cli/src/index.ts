export { codeOf } from '@e2image/sparse-io';
export { inputName, outputName } from './output/file-name.ts';
export { openTarget } from './output/open-target.ts';
export { printable } from './output/printable.ts';
export { NO_PROGRESS, type Progress, type ProgressOptions, startProgress } from './output/progress.ts';
export { describeUse, refuseInUse } from './output/refuse-in-use.ts';
export { refuseOverlap } from './output/refuse-overlap.ts';
export { failed, isReadError, reasonOf, say } from './output/report.ts';
export { shellWord } from './output/shell-word.ts';
export { tooSmall } from './output/too-small.ts';
export { Warnings } from './output/warnings.ts';
export { writeOutput } from './output/write-output.ts';
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
export { CliError, isCliError, usageError } from './world/errors.ts';
export { EXIT } from './world/exit-status.ts';
export { type MountView, mountState, realMounts } from './world/mounted.ts';
export { realWorld } from './world/real-world.ts';
export {
  type EndingSignal,
  processSignals,
  SignalGuard,
  type SignalHost,
  watchSignals,
} from './world/signals.ts';
export { VERSION } from './world/version.ts';
export type { Main, World } from './world/world.ts';
