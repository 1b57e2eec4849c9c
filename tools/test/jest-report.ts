import { readFileSync } from 'node:fs';

/** Numbers of tests of one project, or of all. */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** Names of those that failed. */
  readonly failures: readonly string[];
  /** Names of those skipped because this machine lacks a program or a right. */
  readonly lacking: readonly string[];
}

/** What is read of a report of `jest --json`. */
interface JestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly numRuntimeErrorTestSuites: number;
  readonly testResults: readonly {
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
  }[];
}

/** The mark that `testNeeds` and `describeNeeds` of e2e/support/oracle.ts append to a name. */
const LACKING = / \[needs [^\]]+\]/;

/**
 * Count a project's tests by what jest wrote, or by what nx put back from its cache.
 *
 * @param file where `jest --json --outputFile` wrote; a project whose jest did not get that far counts as one failure
 */
export function readCounts(file: string): Counts {
  let report: JestReport;
  try {
    report = JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return { passed: 0, failed: 1, skipped: 0, failures: [`${file} was not written`], lacking: [] };
  }
  return countReport(report);
}

/** Count the tests of a report; a test file that did not even load is a failure. */
export function countReport(report: JestReport): Counts {
  const named = (status: string): string[] =>
    report.testResults.flatMap(({ assertionResults }) =>
      assertionResults.filter((result) => result.status === status).map((result) => result.fullName),
    );
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + report.numRuntimeErrorTestSuites,
    skipped: report.numPendingTests + report.numTodoTests,
    failures: named('failed'),
    lacking: named('pending').filter((name) => LACKING.test(name)),
  };
}

/** The sum over projects. */
export function addCounts(counts: readonly Counts[]): Counts {
  const sum = (of: (one: Counts) => number): number => counts.reduce((total, one) => total + of(one), 0);
  return {
    passed: sum((one) => one.passed),
    failed: sum((one) => one.failed),
    skipped: sum((one) => one.skipped),
    failures: counts.flatMap((one) => one.failures),
    lacking: counts.flatMap((one) => one.lacking),
  };
}

/**
 * Projects that lost tests: a file name that no pattern finds must not look like success.
 *
 * @param floors fewest tests of each project, those that were skipped included
 */
export function floorComplaints(
  byProject: ReadonlyMap<string, Counts>,
  floors: Readonly<Record<string, number>>,
): string[] {
  return [...byProject].flatMap(([project, { passed, failed, lacking }]) => {
    const floor = floors[project];
    if (floor === undefined) return [`${project}: tools/test/test-floor.json has no floor for it`];
    const found = passed + failed + lacking.length;
    return found < floor ? [`${project}: only ${found} tests, the floor is ${floor}`] : [];
  });
}

/** Tests that were skipped for want of a program or a right. On CI every program is installed, so each is a mistake. */
export function lackingComplaints({ lacking }: Counts): string[] {
  // A container has no loop devices, and no Debian package provides one.
  const avoidable = lacking.filter((name) => !name.includes(' [needs loop]'));
  return avoidable.map((name) => `skipped on CI: ${name}`);
}
