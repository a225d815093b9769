/** How many tests passed and failed. */
export interface Tally {
  readonly passed: number;
  readonly failed: number;
}

export const NOTHING: Tally = { passed: 0, failed: 0 };

export const add = (a: Tally, b: Tally): Tally => ({ passed: a.passed + b.passed, failed: a.failed + b.failed });

/** What a check without tests of its own counts: one, by its exit code. */
export const one = (exitCode: number): Tally => (exitCode === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 });

/** The part of vitest's JSON report (the format of Jest's) that counts. */
interface VitestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly testResults: readonly { readonly status: string; readonly assertionResults: readonly { readonly status: string }[] }[];
}

/**
 * Counts a vitest run. A file that failed outside its tests (a syntax error, a hook) counts as one failure, and so does a run that ended
 * badly with no failure in its report, or without a report.
 *
 * @param report the text of the JSON report; null when there is none
 */
export function tallyVitest(report: string | null, exitCode: number): Tally {
  if (report === null) return { passed: 0, failed: 1 };
  const { numPassedTests, numFailedTests, testResults }: VitestReport = JSON.parse(report);
  const broken = testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && !assertionResults.some((assertion) => assertion.status === 'failed'),
  ).length;
  const failed = numFailedTests + broken;
  return { passed: numPassedTests, failed: failed === 0 && exitCode !== 0 ? 1 : failed };
}

/** Counts Surefire's XML reports; a run that ended badly with no failure in them (it did not compile) counts as one failure. */
export function tallySurefire(reports: readonly string[], exitCode: number): Tally {
  let passed = 0;
  let failed = 0;
  for (const report of reports) {
    const suite = /<testsuite\b[^>]*>/.exec(report)?.[0] ?? '';
    const count = (name: string): number => Number(new RegExp(`\\b${name}="(\\d+)"`).exec(suite)?.[1] ?? 0);
    const bad = count('failures') + count('errors');
    failed += bad;
    passed += count('tests') - bad - count('skipped');
  }
  return { passed, failed: failed === 0 && (exitCode !== 0 || passed === 0) ? 1 : failed };
}
