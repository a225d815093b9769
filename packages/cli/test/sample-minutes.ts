import type { MinuteExtras, MinuteReport } from '@parallax/core/minute-report.ts';
import type { Minute } from '../src/view/frame.ts';

const NONE = { taken: 0, held: 0, waiting: 0, dropped: 0, expired: 0 };

/** A minute of a made-up day: `i` minutes after 10:00, with an outage that begins at 10:06. */
export function sampleMinute(i: number): Minute {
  const outage = i >= 6;
  const mean = 74.2 + Math.sin(i / 3) * 0.8 - (outage ? Math.min(9, (i - 5) * 2.1) : 0);
  const report: MinuteReport = {
    minute: `2026-01-05T10:${String(i).padStart(2, '0')}:00Z`,
    manifest: '8f3a12b4c5d60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f90',
    digest: '00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff',
    counts: {
      care: { accepted: 1204 + i, duplicate: 31, late: 4, ahead: 2, invalid: 0 },
      network: { accepted: 15870 - i * 11, duplicate: 260, late: 88, ahead: 21, invalid: 40 },
      usage: { accepted: 11902 + i * 7, duplicate: 190, late: 51, ahead: 12, invalid: 33 },
    },
    population: 4312 + i,
    batch: { day: '2026-01-04', version: '5f2c00aa11bb22cc33dd44ee55ff66778899aabbccddeeff0011223344556677', age_days: 1, age_hours: 10 },
    satisfaction: {
      mean: Number(mean.toFixed(2)),
      p10: Number((mean - 24).toFixed(2)),
      p50: Number((mean + 2.5).toFixed(2)),
      p90: Number((mean + 17).toFixed(2)),
    },
    actions: { ...NONE, taken: outage ? 61 : 9, held: i === 8 ? 2 : 0 },
    verdict: null,
    verdict_reason: 'pending',
    cause: null,
    canaries: null,
    phases_ms: { seal: 120, batch: 310, accept: 3120, window: 2380, online: 840, score: 1490, act: 420, digest: 260 },
    on_time: i > 1,
    state: { folder_bytes: i === 0 ? null : 1_234_567_890, ledger_bytes: 34_000_000 + i },
    behind: i === 0 ? 1 : 0,
  };
  const extras: MinuteExtras = {
    lagSeconds: i > 1 ? 9.4 : null,
    catchingUp: i > 0 ? null : { done: 1, of: 2 },
    scored: report.population,
    histogram: outage ? [12, 40, 95, 180, 330, 520, 790, 980, 900, 465] : [1, 6, 30, 70, 160, 420, 850, 1250, 1080, 445],
    fallenCustomers: outage
      ? [
          { name: '10293', customers: 1, before: 91.02, now: 33.5, why: null },
          { name: '771', customers: 1, before: 88.4, now: 36.91, why: null },
        ]
      : [],
    verdict: null,
    fallenGroups: outage
      ? [{ name: 'region north, tier gold', customers: 204, before: 78.2, now: 61.04, why: 'outage of cell site N-17 since 10:05' }]
      : [],
    actions: outage
      ? [
          {
            ...NONE,
            action: 'network_credit',
            taken: 48,
            samples: [
              { customer: '10293', reason: 'network score 21.40, cell availability 61.20 % in north' },
              { customer: '771', reason: 'network score 24.00, cell availability 63.90 % in north' },
              { customer: '1044', reason: 'network score 28.12, cell availability 66.05 % in north' },
            ],
          },
          {
            ...NONE,
            action: 'retention_call',
            taken: 13,
            held: i === 8 ? 2 : 0,
            samples: [{ customer: '4410', reason: 'satisfaction 38.11, gold customer' }],
          },
        ]
      : [{ ...NONE, action: 'proactive_care', taken: 9, samples: [{ customer: '93', reason: '4 open tickets, 2 overdue' }] }],
    totals: { minutes: i + 1, events: 29500 * (i + 1), actions: 9 * Math.min(6, i + 1) + (outage ? 61 * (i - 5) : 0) },
  };
  return { report, extras };
}
