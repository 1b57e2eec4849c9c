import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { countsIn } from './run-slice.ts';
import { readState, totalsOf, withResult, writeState } from './state.ts';

const result = { passed: 2, failed: 0, skipped: 1, seconds: 3 };
const state = withResult({ seed: 7, commit: 'abc', jobs: {} }, 'kills', 'first', { ...result, counts: { kills: 5 } });

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'prove-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

test('what is written is read again, by the same commit and seed only', () => {
  const file = join(folder, 'deeper/state.json');
  writeState(file, state);
  expect(readState(file, 'abc', 7)).toMatchObject(state);
  expect(readState(file, 'abc', undefined)?.seed).toBe(7);
  expect(readState(file, 'abc', 8)).toBeUndefined();
  expect(readState(file, 'abd', 7)).toBeUndefined();
  expect(JSON.parse(readFileSync(file, 'utf8')).totals).toEqual(totalsOf(state));
});

test('totals add slices, and counts of the job by their own names', () => {
  const more = withResult(state, 'kills', 'second', { ...result, failed: 1, counts: { kills: 2, cuts: 4 } });
  expect(totalsOf(more)).toEqual({ kills: { passed: 4, failed: 1, skipped: 2, kills: 7, cuts: 4 } });
});

test('a slice that ran again replaces what was known of it', () => {
  expect(totalsOf(withResult(state, 'kills', 'first', result))).toEqual({
    kills: { passed: 2, failed: 0, skipped: 1 },
  });
});

test('counts are found wherever jest put what a test printed', () => {
  expect(countsIn('  console.log\n    count same 3\n count c-failed 1\nnot a count x\n count same 4')).toEqual({
    same: 7,
    'c-failed': 1,
  });
});
