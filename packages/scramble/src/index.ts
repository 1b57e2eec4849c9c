export type { ScrambleCounts } from './base/counts.ts';
export { ScrambleError, type ScrambleErrorCode } from './base/errors.ts';
export type { OnScrambleProblem, ScrambleProblem } from './base/problem.ts';
export type { Scrambler } from './block-scrambler.ts';
export { describeCounts, STAYS_VISIBLE } from './report.ts';
export { createScrambler, type ScrambleOptions, scramblerSteps } from './scrambler.ts';
