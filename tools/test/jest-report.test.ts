import { addCounts, complaintsOnCi, countReport, readCounts } from './jest-report.ts';

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

test('on CI a lacking program and too few tests are complaints', () => {
  const counts = addCounts([countReport(report), countReport(report)]);
  expect(complaintsOnCi(counts, 6)).toHaveLength(2);
  expect(complaintsOnCi({ ...counts, lacking: ['mounts [needs loop]'] }, 6)).toEqual([]);
  expect(complaintsOnCi({ ...counts, lacking: [] }, 7)).toEqual(['only 6 tests passed, the floor is 7']);
});
