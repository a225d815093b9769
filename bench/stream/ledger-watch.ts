import { existsSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import { ParallaxError } from '@parallax/core';
import { WATCH_INTERVAL_MS } from '../limits.ts';
import { cpuByRole, ownSeconds, peakRssOf, type Roles, usedBetween } from '../processes.ts';
import { type CommittedReport, cpuOfPhases, type MinuteRecord, type Sample } from './minutes.ts';

export interface WatchOptions {
  /** The ledger's file; it may appear later. */
  readonly ledger: string;
  readonly graceMs: number;
  readonly roles: Roles;
  /** The roles whose CPU is shared out to the phases; each a process without children. */
  readonly pipeline: readonly string[];
  readonly signal: AbortSignal;
  readonly onMinute: (record: MinuteRecord) => void;
}

interface Row {
  readonly minute: bigint;
  readonly report: string;
}

const MICROS_PER_MINUTE = 60_000_000n;

/**
 * Sees commits as any reader of the results does: by looking at the ledger from another process, every `WATCH_INTERVAL_MS`. Keeps the CPU and
 * memory accounts meanwhile.
 */
export class LedgerWatch {
  readonly #options: WatchOptions;
  readonly #peaks = new Map<string, number>();
  #samples: Sample[] = [];
  #newest: bigint | null = null;
  #accounts: Map<string, number>;
  #lastMs = now();
  readonly records: MinuteRecord[] = [];

  constructor(options: WatchOptions) {
    this.#options = options;
    this.#accounts = cpuByRole(options.roles);
  }

  /** Watches until `signal` aborts. */
  async run(): Promise<void> {
    const { ledger, signal } = this.#options;
    while (!signal.aborted && !existsSync(ledger)) await this.#pause();
    if (signal.aborted) return;
    const db = new DatabaseSync(ledger, { readOnly: true });
    try {
      db.exec('PRAGMA busy_timeout = 5000');
      // The file is there a moment before its tables.
      const table = db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'iterations'");
      while (!signal.aborted && table.get() === undefined) await this.#pause();
      while (!signal.aborted) {
        this.#sample();
        this.#look(db);
        await this.#pause();
      }
    } finally {
      db.close();
    }
  }

  /** Resolves with all records once one satisfies `holds`; throws when the pipeline gives none within `ms`. */
  async until(what: string, ms: number, holds: (record: MinuteRecord) => boolean): Promise<void> {
    const deadline = now() + ms;
    let seen = 0;
    for (;;) {
      for (; seen < this.records.length; seen += 1) if (holds(this.records[seen] as MinuteRecord)) return;
      this.#options.signal.throwIfAborted();
      if (now() > deadline) throw new ParallaxError('PRLX_BENCH_LATE', `${what}: not within ${ms / 1000} s`, { exitCode: 1 });
      await this.#pause();
    }
  }

  /** The most resident memory of each role so far, MiB. */
  peaks(): ReadonlyMap<string, number> {
    for (const [role, player] of this.#options.roles) this.#peaks.set(role, Math.max(this.#peaks.get(role) ?? 0, peakRssOf(player)));
    return this.#peaks;
  }

  #look(db: DatabaseSync): void {
    const newer = db.prepare('SELECT minute, report FROM iterations WHERE minute > ? ORDER BY minute');
    newer.setReadBigInts(true);
    const rows = newer.all(this.#newest ?? -1n) as unknown as Row[];
    for (const row of rows) this.#record(row);
  }

  #record({ minute, report: text }: Row): void {
    const { graceMs, roles, onMinute } = this.#options;
    const seenMs = now();
    const report = JSON.parse(text) as CommittedReport;
    const accounts = cpuByRole(roles);
    const record: MinuteRecord = {
      minute,
      missed: report.missed,
      latencyMs: seenMs - Number((minute + MICROS_PER_MINUTE) / 1000n) - graceMs,
      sinceLastMs: seenMs - this.#lastMs,
      events: report.counts.reduce((sum, count) => sum + count.n, 0),
      population: report.population,
      phasesMs: report.phasesMs,
      cpu: usedBetween(this.#accounts, accounts),
      cpuByPhase: cpuOfPhases(this.#samples, seenMs, report.phaseSpans),
    };
    this.#accounts = accounts;
    this.#samples = this.#samples.slice(-1);
    this.#lastMs = seenMs;
    this.#newest = minute;
    this.peaks();
    this.records.push(record);
    onMinute(record);
  }

  #sample(): void {
    const { roles, pipeline } = this.#options;
    const seconds = pipeline.reduce((sum, role) => sum + ownSecondsOf(roles.get(role)), 0);
    this.#samples.push({ atMs: now(), seconds });
  }

  async #pause(): Promise<void> {
    await delay(WATCH_INTERVAL_MS);
  }
}

function now(): number {
  return performance.timeOrigin + performance.now();
}

function ownSecondsOf(player: number | { readonly childrenOf: number } | undefined): number {
  return typeof player === 'number' ? ownSeconds(player) : 0;
}
