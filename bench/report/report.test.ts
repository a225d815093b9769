import { expect, test } from 'vitest';
import { figure } from '../figures.ts';
import { benchCommand } from './command.ts';
import { reportFiles } from './files.ts';
import { numberText, renderMarkdown } from './markdown.ts';
import { compact, niceCeiling, renderSvg } from './svg.ts';

const PRINTED = {
  name: 'demo',
  command: './parallax bench demo --quick --set live=7',
  bench: { title: 'A demo', about: 'It measures nothing.' },
  size: 'quick',
  at: '2026-01-05T10:00:00Z',
  machine: { cpu: 'A CPU', cores: 2, memory_gib: 24, kernel: '6.1' },
  versions: { node: '24.21.0' },
  report: {
    figures: [figure('speed', 20_000.25, 'events/s', '>= 20000'), figure('latency', 9, 's', '<= 8'), figure('later', null, 's', '<= 1')],
    tables: [
      { title: 'Rows', text: 'Why.', columns: ['a|b', 'n'], rows: [['x', '1']] },
      { title: 'Plan', text: '', columns: [], rows: [], verbatim: '* Scan | x' },
    ],
    charts: [],
  },
} as const;

test('a page has the machine, every figure with its judgement, and the tables', () => {
  const page = renderMarkdown(PRINTED);
  expect(page).toContain('Made by `./parallax bench demo --quick --set live=7` on 2026-01-05T10:00:00Z;');
  expect(page).toContain('Machine: A CPU, 2 cores, 24 GiB, Linux 6.1. Versions: node 24.21.0.');
  expect(page).toContain('| speed | 20,000.25 events/s | >= 20000 | yes |');
  expect(page).toContain('| latency | 9 s | <= 8 | **no** |');
  expect(page).toContain('| later | not measured | <= 1 |  |');
  expect(page).toContain('| a\\|b | n |\n| --- | --: |\n| x | 1 |');
  expect(page).toContain('## Plan\n\n```text\n* Scan | x\n```');
  expect(page).not.toContain('![');
});

test('a run can be made again: its command has the size and every setting, in the page and in the JSON', () => {
  const settings = new Map([
    ['live', '7'],
    ['note', "it's one"],
  ]);
  expect(benchCommand('stream', { size: 'full', settings: new Map() })).toBe('./parallax bench stream --full');
  const command = benchCommand('stream', { size: 'quick', settings });
  expect(command).toBe("./parallax bench stream --quick --set live=7 'note=it'\\''s one'");
  const files = reportFiles({ ...PRINTED, command });
  expect([...files.keys()]).toEqual(['demo.json', 'demo.md']);
  expect(JSON.parse(files.get('demo.json') ?? '')).toMatchObject({ bench: 'demo', command, size: 'quick', at: PRINTED.at });
  expect(files.get('demo.md')).toContain(`Made by \`${command}\` on`);
});

test('numbers are shown short', () => {
  expect([numberText(1234.5678), numberText(Number.NaN), compact(12_345), compact(0.12345)]).toEqual([
    '1,234.568',
    'NaN',
    '12,300',
    '0.123',
  ]);
  expect([3, 10, 11, 0.3].map(niceCeiling)).toEqual([5, 10, 20, 0.5]);
});

test('a chart keeps its shapes inside, and escapes its texts', () => {
  const svg = renderSvg([
    { kind: 'bars', title: 'A < B', unit: 's', parts: ['one', 'two'], bars: [{ label: 'x', values: [1, 3] }], goal: 5 },
    { kind: 'lines', title: 'L', unit: 's', xLabel: 'minute', lines: [{ label: 'p', points: [[1, 2], [3, 4]] }], goal: 4 },
  ]); // biome-ignore format: one chart a line
  expect(svg).toContain('A &lt; B (s)');
  expect(svg).toContain('goal 5');
  const widths = [...svg.matchAll(/<rect x="([\d.]+)" y="54" width="([\d.]+)"/g)].map(([, x, width]) => Number(x) + Number(width));
  expect(widths).toHaveLength(2);
  expect(Math.max(...widths)).toBeLessThanOrEqual(800);
  expect(svg).toContain('<polyline');
});
