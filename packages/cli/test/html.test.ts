import { describe, expect, test } from 'vitest';
import { escapeHtml, html } from '../src/view/html/markup.ts';
import { renderHtml } from '../src/view/html/page.ts';
import { worstFalls } from '../src/view/html/sections.ts';
import { sampleMinute } from './sample-minutes.ts';

const minutes = Array.from({ length: 14 }, (_, i) => sampleMinute(i));
const about = { project: 'telecom', facts: ['5,000 customers.'] };

/** Tags that are opened and not closed, or the other way round. */
function unbalanced(page: string): string[] {
  const open: string[] = [];
  const wrong: string[] = [];
  for (const [, close, name = '', self] of page.matchAll(/<(\/?)([a-z][a-z0-9]*)\b[^>]*?(\/?)>/g)) {
    if (['meta', 'br'].includes(name) || self === '/') continue;
    if (close !== '/') open.push(name);
    else if (open.pop() !== name) wrong.push(name);
  }
  return [...wrong, ...open];
}

describe('markup', () => {
  test('values are escaped, markup is not, lists are joined, null is nothing', () => {
    expect(escapeHtml(`<a href="x">'&`)).toBe('&lt;a href=&quot;x&quot;&gt;&#39;&amp;');
    expect(html`<p>${'<b>'}${html`<i>${1}</i>`}${['a', html`<br>`]}${null}</p>`.text).toBe('<p>&lt;b&gt;<i>1</i>a<br></p>');
  });
});

describe('the page', () => {
  const page = renderHtml(minutes, about);

  test('is whole: balanced tags, and nothing from the network', () => {
    expect(unbalanced(page)).toEqual([]);
    expect(page).not.toMatch(/https?:|<script|@import|url\(|<link|<img/);
    expect(page).not.toMatch(/NaN|Infinity|undefined|\[object/);
  });

  test('says what a person wants to know', () => {
    for (const text of [
      '2026-01-05 10:00 to 2026-01-05 10:13 UTC, 14 minutes. 5,000 customers.',
      'region north, tier gold',
      'outage of cell site N-17 since 10:05',
      'customer 10293: network score 21.40, cell availability 61.20 % in north',
      'retention_call',
      '8f3a12b4c5d60718',
      '<b>1.2 GB</b><span>of state on disk, with 34.0 MB of ledger</span>',
    ]) {
      expect(page).toContain(text);
    }
  });

  test('adds up the minutes', () => {
    const late = minutes.reduce((sum, { report }) => sum + (report.counts.network?.late ?? 0), 0);
    expect(page).toContain(`<td class="n">${new Intl.NumberFormat('en').format(late)}</td>`);
    const credits = minutes.flatMap(({ extras }) => extras.actions).filter(({ action }) => action === 'network_credit');
    expect(page).toContain(`<td class="n">${credits.reduce((sum, { taken }) => sum + taken, 0)}</td>`);
  });

  test('says which minutes were on time, and how far behind the others were', () => {
    expect(page).toContain('12 of those shown on time<');
    expect(page).toContain('<td>caught up, 1 minute behind</td>');
    expect(page.match(/<td>on time<\/td>/g)).toHaveLength(12);
    const { report, extras } = sampleMinute(9);
    expect(renderHtml([...minutes, { report: { ...report, behind: 3 }, extras }], about)).toContain(
      '13 of those shown on time, 3 minutes behind',
    );
  });

  test('says where the methods differ, for whom, and how to see it again; nothing of that while they agree', () => {
    expect(page).not.toContain('Where the two methods differ');
    const { report, extras } = sampleMinute(3);
    const witness = { customer: '4711', column: 'satisfaction', spark: '50.00', alternative: null, detail: ['one <event> is missing'] };
    const cause = { stage: 'satisfaction', source: 'satisfaction.sql', variable: 'satisfaction', witnesses: [witness] } as const;
    const again = ["./parallax explain 'a & b' --customer 4711"];
    const differing = { report: { ...report, verdict: 'mismatch', verdict_reason: 'logic', cause: { ...cause, again } } as const, extras };
    const text = renderHtml([...minutes.slice(0, 3), differing], about);
    expect(unbalanced(text)).toEqual([]);
    for (const part of [
      '4711',
      '50.00',
      '<td>null</td>',
      'mismatch: logic',
      'one &lt;event&gt; is missing',
      'explain &#39;a &amp; b&#39; --customer 4711',
    ])
      expect(text).toContain(part);
  });

  test('escapes what data says', () => {
    const evil = '<script>alert(1)</script>';
    const { report, extras } = sampleMinute(8);
    const fall = { name: evil, customers: 1, before: 2, now: 1, why: evil };
    const bad = {
      report: { ...report, counts: { [evil]: { accepted: 1, duplicate: 0, late: 0, ahead: 0, invalid: 0 } }, phases_ms: { [evil]: 1 } },
      extras: {
        ...extras,
        fallenGroups: [fall],
        fallenCustomers: [fall],
        actions: [{ action: evil, taken: 1, held: 0, waiting: 0, dropped: 0, expired: 0, samples: [{ customer: evil, reason: evil }] }],
      },
    };
    const text = renderHtml([bad], { project: evil, facts: [evil] });
    expect(text).not.toContain('<script');
    expect(text.split('&lt;script&gt;').length).toBeGreaterThan(8);
  });

  test('of no minute, of one, and of minutes without satisfaction', () => {
    expect(renderHtml([], about)).toContain('No minute was computed.');
    const { report, extras } = sampleMinute(0);
    const none = { report: { ...report, satisfaction: { mean: null, p10: null, p50: null, p90: null } }, extras };
    for (const text of [renderHtml([sampleMinute(3)], about), renderHtml([none, sampleMinute(1), none], about)]) {
      expect(unbalanced(text)).toEqual([]);
      expect(text).not.toMatch(/NaN|Infinity|undefined/);
    }
  });
});

test('of several falls of one group the greatest is shown, with its minute', () => {
  const fall = (now: number) => ({ name: 'g', customers: 5, before: 80, now, why: null });
  const [a, b] = [sampleMinute(1), sampleMinute(2)];
  const found = worstFalls(
    [
      { ...a, extras: { ...a.extras, fallenGroups: [fall(70), { ...fall(79), name: 'h' }] } },
      { ...b, extras: { ...b.extras, fallenGroups: [fall(60)] } },
    ],
    ({ extras }) => extras.fallenGroups,
  );
  expect(found.map(({ name, now, at }) => [name, now, at])).toEqual([
    ['g', 60, '10:02'],
    ['h', 79, '10:01'],
  ]);
});
