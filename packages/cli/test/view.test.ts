import { describe, expect, test } from 'vitest';
import { widthOf } from '../src/view/text.ts';
import { createView, type ViewOptions } from '../src/view/view.ts';
import { sampleMinute } from './sample-minutes.ts';

/** A view and what it wrote. */
function recorded(options: Partial<ViewOptions>) {
  const texts = { out: '', err: '' };
  const view = createView({
    project: 'telecom',
    json: false,
    tty: false,
    columns: () => 100,
    colour: false,
    ...options,
    out: (text) => {
      texts.out += text;
    },
    err: (text) => {
      texts.err += text;
    },
  });
  return { view, texts };
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with one.
const SEQUENCE = /\x1b\[(\d+)A|(\r?\x1b\[J)|(\x1b\[\?25[lh])|(\n)|([^\x1b\n\r]+)|./gs;

/** What a terminal shows after `text`: understands the three sequences that the view uses and refuses any other. */
function screenOf(text: string): readonly string[] {
  const lines = [''];
  let row = 0;
  for (const [, up, erase, cursor, feed, words] of text.matchAll(SEQUENCE)) {
    if (up !== undefined) row = Math.max(0, row - Number(up));
    else if (erase !== undefined) lines.splice(row, lines.length, '');
    else if (feed !== undefined) row += 1;
    else if (words !== undefined) lines[row] = (lines[row] ?? '') + words;
    else if (cursor === undefined) throw new Error('an unknown sequence');
    lines[row] ??= '';
  }
  return lines;
}

describe('with --json', () => {
  test('standard output has one object a minute, with the fields of the design in their order, and nothing else', () => {
    const { view, texts } = recorded({ json: true, tty: true });
    view.progress({ kind: 'service', name: 'Kafka', state: 'ready', seconds: 6 });
    view.note('hello');
    const { report, extras } = sampleMinute(8);
    view.minute(sampleMinute(7).report, extras);
    view.minute({ ...report, ...{ secret: 1 } }, extras);
    view.close();
    const lines = texts.out.trimEnd().split('\n');
    expect(lines).toHaveLength(2);
    expect(Object.keys(JSON.parse(lines[0] ?? ''))).toEqual([
      'minute',
      'manifest',
      'digest',
      'counts',
      'population',
      'batch',
      'satisfaction',
      'actions',
      'verdict',
      'verdict_reason',
      'cause',
      'canaries',
      'phases_ms',
      'on_time',
      'behind',
      'state',
    ]);
    expect(JSON.parse(lines[0] ?? '')).toEqual(sampleMinute(7).report);
    expect(texts.err).toMatch(/Kafka.*\nhello\n/);
  });
});

describe.each([{ json: true }, { json: false }])('what cannot be renewed: %j', (options) => {
  test('a minute is written once, when it is settled', () => {
    const { view, texts } = recorded(options);
    const { report, extras } = sampleMinute(8);
    view.minute(report, extras, false);
    expect(texts.out).toBe('');
    view.minute({ ...report, verdict: 'match' }, extras, true);
    view.minute({ ...report, verdict: 'match', actions: { ...report.actions, held: 0 } }, extras, true);
    view.minute(sampleMinute(9).report, extras, true);
    const lines = texts.out.trimEnd().split('\n');
    expect(lines.map((line) => line.match(/10:\d\d/)?.[0])).toEqual(['10:08', '10:09']);
    expect(lines[0]).toMatch(/match|both methods agree/);
  });
});

describe('into a pipe', () => {
  test('a line when a step begins, at each quarter, and when it ends', () => {
    const { view, texts } = recorded({});
    for (let done = 0; done <= 100; done += 5) view.progress({ kind: 'step', name: 'load', state: 'running', done, of: 100 });
    view.progress({ kind: 'step', name: 'load', state: 'done', done: 100, of: 100 });
    view.close();
    expect(
      texts.out
        .trimEnd()
        .split('\n')
        .map((line) => line.match(/\d+ of 100/)?.[0]),
    ).toEqual(['0 of 100', '25 of 100', '50 of 100', '75 of 100', '100 of 100', '100 of 100']);
  });

  test('a line a minute, and no escape sequence', () => {
    const { view, texts } = recorded({ colour: true });
    const { report, extras } = sampleMinute(8);
    view.minute(report, extras);
    view.note('do\x1bne');
    view.close();
    expect(texts.out).toMatch(/^2026-01-05T10:08:00Z on time: .*\ndo·ne\n$/);
  });
});

describe('on a terminal', () => {
  test('progress is renewed in place; the minutes stand below what was started', () => {
    const { view, texts } = recorded({ tty: true, columns: () => 131, rows: () => 60 });
    view.progress({ kind: 'service', name: 'Kafka', state: 'starting' });
    view.progress({ kind: 'service', name: 'Spark', state: 'starting' });
    view.progress({ kind: 'service', name: 'Kafka', state: 'ready', seconds: 6 });
    view.note('a note');
    view.progress({ kind: 'service', name: 'Spark', state: 'ready', seconds: 8 });
    for (const i of [0, 1, 2]) {
      const { report, extras } = sampleMinute(i);
      view.minute(report, extras);
    }
    view.close();
    const screen = screenOf(texts.out);
    const found = (pattern: RegExp): number[] => screen.flatMap((line, i) => (pattern.test(line) ? [i] : []));
    expect(found(/Kafka/)).toHaveLength(1);
    expect(found(/● Spark/)).toHaveLength(1);
    expect(found(/a note/)).toEqual([0]);
    expect(found(/PARALLAX/)).toHaveLength(1);
    expect(screen.join('\n')).toContain('10:02 UTC');
    expect(found(/PARALLAX/)[0]).toBeGreaterThan(found(/Spark/)[0] ?? Number.POSITIVE_INFINITY);
    expect(texts.out.startsWith('\x1b[?25l') && texts.out.endsWith('\x1b[?25h')).toBe(true);
  });

  test('a minute is drawn anew when its verdict comes, and is one point of the curve still; older minutes are not drawn again', () => {
    const { view, texts } = recorded({ tty: true, columns: () => 131, rows: () => 60 });
    const minutes = [0, 1, 2].map(sampleMinute);
    for (const { report, extras } of minutes) view.minute(report, extras, false);
    const [first, , last] = minutes;
    if (first === undefined || last === undefined) throw new Error('no minutes');
    view.minute({ ...last.report, verdict: 'match', verdict_reason: null }, last.extras, true);
    view.minute({ ...first.report, verdict: 'mismatch' }, first.extras, true);
    const screen = screenOf(texts.out).join('\n');
    expect(screen).toContain('10:02 UTC');
    expect(screen).toContain('both methods agree');
    expect(screen).toContain('3 min, ');
    expect(screen).not.toContain('mismatch');
  });

  test('a note stays above the minute', () => {
    const { view, texts } = recorded({ tty: true });
    const { report, extras } = sampleMinute(3);
    view.minute(report, extras);
    view.note('look');
    view.minute(sampleMinute(4).report, extras);
    const screen = screenOf(texts.out);
    expect(screen.findIndex((line) => line.includes('look'))).toBeLessThan(screen.findIndex((line) => line.includes('PARALLAX')));
    expect(screen.filter((line) => line.includes('PARALLAX'))).toHaveLength(1);
  });

  test.each([
    [80, 24],
    [40, 10],
    [131, 24],
  ])('a drawing is never wider or higher than a terminal of %d × %d', (columns, rows) => {
    const { view, texts } = recorded({ tty: true, columns: () => columns, rows: () => rows });
    view.progress({ kind: 'step', name: 'goes on', state: 'running', detail: 'x'.repeat(200) });
    for (const i of [7, 8]) {
      const { report, extras } = sampleMinute(i);
      view.minute(report, extras);
    }
    const screen = screenOf(texts.out);
    const drawing = screen.slice(
      screen.findIndex((line) => line.includes('PARALLAX')),
      -1,
    );
    expect(drawing.length).toBeLessThan(rows);
    expect(Math.max(...screen.map(widthOf))).toBeLessThan(columns);
    expect(screen.filter((line) => line.includes('PARALLAX'))).toHaveLength(1);
  });
});
