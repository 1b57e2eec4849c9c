export type { Scrambler } from './block-scrambler.ts';
export type { ScrambleCounts } from './counts.ts';
export { ScrambleError, type ScrambleErrorCode } from './errors.ts';
export type { OnScrambleProblem, ScrambleProblem } from './problem.ts';
export { describeCounts, STAYS_VISIBLE } from './report.ts';
export { createScrambler, type ScrambleOptions, scramblerSteps } from './scrambler.ts';
