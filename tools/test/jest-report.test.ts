import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { addCounts, countReport, floorComplaints, lackingComplaints, readCounts } from './jest-report.ts';

const report = {
  numPassedTests: 3,
  numFailedTests: 1,
  numPendingTests: 2,
  numTodoTests: 0,
  numRuntimeErrorTestSuites: 1,
  testResults: [
    {
      assertionResults: [
        { status: 'passed', fullName: 'reads [needs attention]' },
        { status: 'pending', fullName: 'copies [needs mke2fs, root] a file' },
        { status: 'pending', fullName: 'is for later' },
        { status: 'failed', fullName: 'writes' },
      ],
    },
  ],
};

test('a test file that does not load counts as a failure', () => {
  expect(countReport(report)).toMatchObject({ passed: 3, failed: 2, skipped: 2 });
});

test('tests that failed are named', () => {
  expect(addCounts([countReport(report), readCounts('/nowhere')]).failures).toEqual([
    'writes',
    '/nowhere was not written',
  ]);
});

test('only skipped tests that name what they need are lacking something', () => {
  expect(countReport(report).lacking).toEqual(['copies [needs mke2fs, root] a file']);
});

test('a project without a report counts as one failure', () => {
  expect(readCounts('/nowhere/at/all')).toMatchObject({ passed: 0, failed: 1 });
});

test('on CI a test that lacks a program is a complaint, one that lacks a loop device is not', () => {
  const counts = countReport(report);
  expect(lackingComplaints(counts)).toEqual(['skipped on CI: copies [needs mke2fs, root] a file']);
  expect(lackingComplaints({ ...counts, lacking: ['mounts [needs loop]'] })).toEqual([]);
});

test('a project with too few tests, or without a floor, is a complaint', () => {
  const byProject = new Map([
    ['packages/a', countReport(report)],
    ['packages/b', countReport(report)],
  ]);
  const { passed, failed } = countReport(report);
  // One test lacks a program and counts; the others that were skipped do not.
  const found = passed + failed + 1;
  expect(floorComplaints(byProject, { 'packages/a': found, 'packages/b': found })).toEqual([]);
  expect(floorComplaints(byProject, { 'packages/a': found + 1 })).toEqual([
    `packages/a: only ${found} tests, the floor is ${found + 1}`,
    'packages/b: tools/test/test-floor.json has no floor for it',
  ]);
});

test('every project has a floor', () => {
  const root = join(__dirname, '../..');
  const floors = JSON.parse(readFileSync(join(__dirname, 'test-floor.json'), 'utf8'));
  const projects = ['e2e', 'tools', ...readdirSync(join(root, 'packages')).map((name) => `packages/${name}`)];
  expect(Object.keys(floors).sort()).toEqual(projects.sort());
});
