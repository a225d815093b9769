import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { BatchVersion, Micros } from '@parallax/core';
import type { Decision } from './ledger/ledger.ts';
import { actionLines, eventLines } from './lines/lines.ts';
import { writeLines } from './lines/write-lines.ts';
import type { Attempt, Span } from './pipeline.ts';
import type { ResultCheck } from './score/result-check.ts';

/** What became of the messages of one stream, class and reason. */
export interface ClassCount {
  readonly stream: string;
  readonly class: 'accepted' | 'duplicate' | 'late' | 'ahead' | 'invalid';
  readonly reason: string | null;
  readonly n: number;
}

/** Undeclared field names, and in how many messages each stood. */
export interface DriftCount {
  readonly stream: string;
  readonly field: string;
  readonly n: number;
}

/** The bulk calls of one source in one minute. */
export interface CallCount {
  readonly source: string;
  readonly calls: number;
  /** Calls whose answer was strict JSON with the declared rows. */
  readonly valid: number;
  /** Rows of customers that the call had not asked for: ignored. */
  readonly unasked: number;
}

export interface SatisfactionSummary {
  /** Customers with a satisfaction that is not null. */
  readonly scored: number;
  readonly mean: string | null;
  readonly p10: string | null;
  readonly p50: string | null;
  readonly p90: string | null;
  /** Ten bins of width 10, the last with 100. */
  readonly histogram: readonly number[];
}

/** A committed minute, as reports show it. The ledger keeps it without `decided` (`committed.ts`). */
export interface MinuteOutcome {
  readonly minute: Micros;
  readonly folder: string;
  readonly manifest: string;
  readonly digest: string;
  readonly missed: boolean;
  /** Streams of which the log had lost messages before they were read. */
  readonly incomplete: readonly string[];
  readonly batch: BatchVersion | null;
  readonly counts: readonly ClassCount[];
  readonly drift: readonly DriftCount[];
  readonly online: readonly CallCount[];
  readonly population: number;
  readonly outsideBase: number;
  readonly satisfaction: SatisfactionSummary;
  readonly decided: readonly { readonly customer: string; readonly action: string; readonly reason: string | null }[];
  /** Whether there is an answer that may stand: then the attempt has the folder `answers`. */
  readonly answered: boolean;
  /** Whether it has the folder `answers-amended` too, whose answers stand in place of those in `answers`. A report from before there was one does not say. */
  readonly answeredMore?: boolean;
  /** The batch view whose rows are kept beside the windows: then the attempt has the folder `beside`. Null: none are. */
  readonly beside: string | null;
  /** Whether it was made of a draft: then the attempt has the folders `amended` and `members-amended` beside `members`. */
  readonly amended: boolean;
  /** Customers that were looked up in the batch view. */
  readonly entrants: number;
  /** The folder of the stacks that turned before this minute; null: none did. */
  readonly turn: string | null;
  readonly phasesMs: Readonly<Record<string, number>>;
  /**
   * When each phase ran, some of them beside others; with `draft`, when customers were scored before the seal, and `next`, when messages of the next
   * minute were read beside this one.
   */
  readonly phaseSpans: readonly PhaseSpan[];
}

/** When a phase began and ended, ms since 1970. */
export interface PhaseSpan {
  readonly phase: string;
  readonly from: number;
  readonly to: number;
}

/** Times the phases of a minute by a clock that is passed in. */
export class PhaseClock {
  readonly #now: () => Micros;
  readonly #spans: (Span & { readonly phase: string })[] = [];

  constructor(now: () => Micros) {
    this.#now = now;
  }

  async time<T>(phase: string, work: () => Promise<T>): Promise<T> {
    const start = this.#now();
    try {
      return await work();
    } finally {
      this.add(phase, { from: start, to: this.#now() });
    }
  }

  /** What ran when is known from elsewhere; null: it did not. */
  add(phase: string, span: Span | null): void {
    if (span !== null) this.#spans.push({ phase, ...span });
  }

  get spans(): readonly PhaseSpan[] {
    return this.#spans.map(({ phase, from, to }) => ({ phase, from: Number(from) / 1000, to: Number(to) / 1000 }));
  }

  /** Whole milliseconds by phase. */
  milliseconds(): Readonly<Record<string, number>> {
    const spent: Record<string, number> = {};
    for (const { phase, from, to } of this.#spans) spent[phase] = (spent[phase] ?? 0) + Number((to - from) / 1000n);
    return spent;
  }
}

/** The canonical lines of a minute that every iteration keeps in its folder; `windows` is written only where it is asked for. */
export const LINE_FILES = ['events', 'results', 'actions'] as const;

/** Where an iteration keeps one of its files of canonical lines. */
export function linesFile(folder: string, file: (typeof LINE_FILES)[number]): string {
  return join(folder, `${file}.ndjson`);
}

/**
 * Writes the canonical lines of events, results and actions into the iteration's folder; only the last wait for the decisions.
 *
 * @returns the iteration's digest, SHA-256 over them in this order (contract, section 9), and how the results are spread. Throws PRLX_RESULTS.
 */
export async function writeOutcomeLines(
  { pipeline, minute, folder }: Attempt,
  counts: readonly ClassCount[],
  { lines, check }: { readonly lines: AsyncIterable<string | Buffer>; readonly check: ResultCheck },
  decisions: Promise<readonly Decision[]>,
): Promise<{ readonly digest: string; readonly satisfaction: SatisfactionSummary }> {
  const hash = createHash('sha256');
  await writeLines(linesFile(folder, 'events'), eventLines(minute, counts), hash);
  await writeLines(linesFile(folder, 'results'), lines, hash);
  const satisfaction = check.summary();
  await writeLines(linesFile(folder, 'actions'), actionLines(pipeline.project, minute, await decisions), hash);
  return { digest: hash.digest('hex'), satisfaction };
}
