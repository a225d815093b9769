/**
 * `node test/oracle/compare.ts PROJECT RECORDING OUT`: compares OUT/spark/*.ndjson with the oracle, byte for byte.
 * `node test/oracle/compare.ts --write PROJECT RECORDING OUT`: writes the oracle's own files to OUT/oracle/.
 * Exit code 0 the same, 1 different, 2 bad usage.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { OUTPUTS, type Output, runOracle } from './oracle.ts';

export interface Difference {
  readonly output: Output;
  /** Counts from 1, of the oracle's file. */
  readonly line: number;
  readonly expected: string | null;
  readonly actual: string | null;
}

/** How many differences of one file are listed. */
const DIFFERENCES_MAX = 200;

/** Lines of one side that the other lacks, aligned by the order of the files. Nothing when the texts are the same bytes. */
export function compareTexts(output: Output, expected: string, actual: string): Difference[] {
  if (expected === actual) return [];
  const wanted = expected.split('\n');
  const found = actual.split('\n');
  const inFound = new Set(found);
  const inWanted = new Set(wanted);
  const differences: Difference[] = [];
  for (const [index, text] of wanted.entries()) {
    if (!inFound.has(text)) differences.push({ output, line: index + 1, expected: text, actual: null });
  }
  for (const [index, text] of found.entries()) {
    if (!inWanted.has(text)) differences.push({ output, line: index + 1, expected: null, actual: text });
  }
  if (differences.length === 0) {
    // The same set of lines: the order, a repetition or the last line end differs.
    const line = wanted.findIndex((text, index) => text !== found[index]);
    const at = line < 0 ? wanted.length : line;
    differences.push({ output, line: at + 1, expected: wanted[at] ?? null, actual: found[at] ?? null });
  }
  return differences.sort((a, b) => a.line - b.line).slice(0, DIFFERENCES_MAX);
}

/** Reads the four files of one side. */
export function readOutputs(directory: string): Record<Output, string> {
  const read = (output: Output): string => {
    const path = join(directory, `${output}.ndjson`);
    return existsSync(path) ? readFileSync(path, 'utf8') : `(${path} is missing)`;
  };
  return { events: read('events'), windows: read('windows'), results: read('results'), actions: read('actions') };
}

export function compareOutputs(expected: Record<Output, string>, actual: Record<Output, string>): Difference[] {
  return OUTPUTS.flatMap((output) => compareTexts(output, expected[output], actual[output]));
}

/** How many of a line's first members name it. */
const NAME_MEMBERS: Readonly<Record<Output, number>> = { events: 4, windows: 3, results: 2, actions: 3 };

/** A text for people: lines by their names, of each the cells that differ, the oracle's first. */
export function formatDifferences(differences: readonly Difference[], linesMax = 12): string {
  return OUTPUTS.flatMap((output) => {
    const own = differences.filter((difference) => difference.output === output);
    if (own.length === 0) return [];
    const pairs = new Map<string, { expected?: Record<string, unknown>; actual?: Record<string, unknown> }>();
    for (const { expected, actual, line } of own) {
      const text = expected ?? actual ?? '';
      const row = text.startsWith('{') ? (JSON.parse(text) as Record<string, unknown>) : { line, text };
      const name = Object.values(row).slice(0, NAME_MEMBERS[output]).map(String).join(' ');
      const pair = pairs.get(name) ?? {};
      pairs.set(name, expected === null ? { ...pair, actual: row } : { ...pair, expected: row });
    }
    const shown = [...pairs].slice(0, linesMax).map(([name, { expected, actual }]) => `  ${name}: ${cells(expected, actual)}`);
    return [`${output}.ndjson: ${own.length}${own.length === DIFFERENCES_MAX ? ' or more' : ''} lines differ`, ...shown];
  }).join('\n');
}

function cells(expected: Record<string, unknown> | undefined, actual: Record<string, unknown> | undefined): string {
  if (expected === undefined) return `only Spark has it: ${JSON.stringify(actual)}`;
  if (actual === undefined) return `only the oracle has it: ${JSON.stringify(expected)}`;
  const names = [...new Set([...Object.keys(expected), ...Object.keys(actual)])].filter((name) => expected[name] !== actual[name]);
  if (names.length === 0) return 'the same cells, another order or spelling';
  return names.map((name) => `${name} ${JSON.stringify(expected[name])}, Spark ${JSON.stringify(actual[name])}`).join('; ');
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({ options: { write: { type: 'boolean', default: false } }, allowPositionals: true });
  const [project, recording, out] = positionals;
  if (project === undefined || recording === undefined || out === undefined) {
    console.error('usage: node test/oracle/compare.ts [--write] PROJECT RECORDING OUT');
    return 2;
  }
  const expected = await runOracle(project, recording);
  if (values.write) {
    mkdirSync(join(out, 'oracle'), { recursive: true });
    for (const output of OUTPUTS) writeFileSync(join(out, 'oracle', `${output}.ndjson`), expected[output]);
    return 0;
  }
  const differences = compareOutputs(expected, readOutputs(join(out, 'spark')));
  const counts = OUTPUTS.map((output) => `${output} ${expected[output].split('\n').length - 1}`).join(', ');
  console.log(differences.length === 0 ? `same: ${counts} lines` : formatDifferences(differences));
  return differences.length === 0 ? 0 : 1;
}

if (import.meta.main) process.exitCode = await main();
