import { expect, test } from 'vitest';
import { add, NOTHING, one, tallySurefire, tallyVitest } from '../src/self-test/tally.ts';

const report = (passed: number, failed: number, files: { status: string; assertionResults: { status: string }[] }[] = []): string =>
  JSON.stringify({ numPassedTests: passed, numFailedTests: failed, testResults: files });

test('a vitest run counts its tests', () => {
  expect(tallyVitest(report(5, 0), 0)).toEqual({ passed: 5, failed: 0 });
  expect(tallyVitest(report(5, 2), 1)).toEqual({ passed: 5, failed: 2 });
});

test('a file that fails outside its tests, an unhandled error and a missing report are failures', () => {
  const broken = { status: 'failed', assertionResults: [] };
  const failing = { status: 'failed', assertionResults: [{ status: 'passed' }, { status: 'failed' }] };
  expect(tallyVitest(report(1, 1, [broken, failing]), 1)).toEqual({ passed: 1, failed: 2 });
  expect(tallyVitest(report(5, 0), 1)).toEqual({ passed: 5, failed: 1 });
  expect(tallyVitest(null, 0)).toEqual({ passed: 0, failed: 1 });
});

test('Surefire reports are added up; skipped tests are neither', () => {
  const suite = (tests: number, errors: number, skipped: number, failures: number): string =>
    `<?xml version="1.0"?>\n<testsuite name="a" time="0.1" tests="${tests}" errors="${errors}" skipped="${skipped}" failures="${failures}">\n</testsuite>`;
  expect(tallySurefire([suite(10, 1, 2, 3), suite(4, 0, 0, 0)], 1)).toEqual({ passed: 8, failed: 4 });
  expect(tallySurefire([suite(4, 0, 0, 0)], 0)).toEqual({ passed: 4, failed: 0 });
});

test('Java that does not compile, or runs no test, is a failure', () => {
  expect(tallySurefire([], 1)).toEqual({ passed: 0, failed: 1 });
  expect(tallySurefire([], 0)).toEqual({ passed: 0, failed: 1 });
});

test('tallies add up', () => {
  expect([one(0), one(2), { passed: 3, failed: 1 }].reduce(add, NOTHING)).toEqual({ passed: 4, failed: 2 });
});
