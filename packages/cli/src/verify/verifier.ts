import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  Alternative,
  type CommittedMinute,
  type LedgerReader,
  LineFiles,
  type LiveSources,
  type Logic,
  type Manifest,
} from '@parallax/alternative';
import { formatSecond, MICROS_PER_MINUTE, type Micros, type MinuteVerdict, ParallaxError, type Project } from '@parallax/core';
import type { Clock } from '@parallax/pipeline';
import { type Canaries, Reconciler, type VerdictStore, withFindings } from '@parallax/reconcile';
import { HOUR_MINUTES, LEDGER_POLL_MS, RETRY_MS, RETRY_MS_MAX } from './limits.ts';
import { LiveInputs } from './live-inputs.ts';
import { sparkMinute } from './spark-minute.ts';

/** A verdict with what it took. */
export interface VerifiedMinute {
  readonly verdict: MinuteVerdict;
  /** From the seal's instant to the verdict. */
  readonly lagMs: number;
  /** Committed minutes that have no verdict yet. */
  readonly behind: number;
  /** Milliseconds by phase of the alternative's minute. */
  readonly phasesMs: Readonly<Record<string, number>>;
}

export interface VerifierOptions {
  readonly project: Project;
  readonly logic: Logic;
  /** The run's state folder. */
  readonly state: string;
  readonly sources: LiveSources;
  readonly ledger: LedgerReader;
  readonly verdicts: VerdictStore;
  /** Customers whose answers are known beforehand; null: none are checked. */
  readonly canaries: Canaries | null;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly note: (text: string) => void;
  readonly onVerdict: (minute: VerifiedMinute) => void;
}

/**
 * Verifies a run's minutes as they are committed, in order, from the first one without a verdict on. What fails and may succeed later is tried
 * again; a minute that cannot be computed gets the verdict `inconclusive`, never none. Ends when the signal aborts.
 */
export async function verifyMinutes(options: VerifierOptions): Promise<void> {
  const { signal, clock, note } = options;
  let pauseMs = RETRY_MS;
  while (!signal.aborted) {
    const before = options.verdicts.newest();
    try {
      await new Attempt(options).run();
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof ParallaxError) || !error.retryable) throw error;
      pauseMs = options.verdicts.newest() === before ? Math.min(pauseMs * 2, RETRY_MS_MAX) : RETRY_MS;
      note(`${error.message}; trying again in ${pauseMs / 1000} s`);
      await clock.sleep(pauseMs, signal);
    }
  }
}

/** One try: windows from the log, then minute after minute, until something fails. */
class Attempt {
  readonly #options: VerifierOptions;
  readonly #inputs: LiveInputs;
  readonly #lines: string;

  constructor(options: VerifierOptions) {
    this.#options = options;
    this.#inputs = new LiveInputs(options.project);
    this.#lines = join(options.state, 'verifier', 'lines');
  }

  async run(): Promise<void> {
    const { project, signal, canaries, ledger } = this.#options;
    let minute = await this.#firstMinute();
    if (minute === null) return;
    const alternative = await this.#warmed(minute);
    const first = ledger.firstSeal() ?? minute;
    const reconciler = await Reconciler.open({
      project,
      inputs: this.#inputs,
      ...(canaries === null ? {} : { canaries: { declared: canaries, first } }),
    });
    try {
      for (; !signal.aborted; minute += MICROS_PER_MINUTE) {
        const manifest = await this.#awaited(minute, (ledger, at) => ledger.manifest(at));
        if (manifest === null) return;
        await this.#verify(manifest, alternative, reconciler);
      }
    } finally {
      reconciler.close();
      await alternative.close();
    }
  }

  async #verify(manifest: Manifest, alternative: Alternative, reconciler: Reconciler): Promise<void> {
    const { sources, verdicts, ledger, clock, project, signal } = this.#options;
    const { minute } = manifest;
    await alternative.prepare(minute);
    await sources.begin(manifest, false, signal);
    const phasesMs = await this.#compute(minute, alternative);
    const committed = await this.#awaited(minute, (reader, at) => reader.committed(at));
    if (committed === null) return;
    const verdict =
      'failed' in phasesMs ? inconclusive(committed, phasesMs.failed) : await this.#compare(committed, alternative, reconciler);
    const now = clock.now();
    verdicts.write(verdict, now);
    await sources.done();
    const newest = ledger.span()?.newest ?? minute;
    this.#options.onVerdict({
      verdict,
      lagMs: Number((now - minute - MICROS_PER_MINUTE - project.graceUs) / 1000n),
      behind: Number((newest - minute) / MICROS_PER_MINUTE),
      phasesMs: 'failed' in phasesMs ? {} : phasesMs.done,
    });
  }

  /** The alternative's own minute. What the user's functions or the stores' tables make impossible is the minute's, not the verifier's end. */
  async #compute(
    minute: Micros,
    alternative: Alternative,
  ): Promise<{ readonly done: Readonly<Record<string, number>> } | { readonly failed: ParallaxError }> {
    const files = new LineFiles(this.#lines, ['events', 'results', 'actions']);
    await files.open();
    try {
      const { phasesMs } = await alternative.run(minute, files);
      await files.finish();
      return { done: phasesMs };
    } catch (error) {
      await files.abandon();
      if (!(error instanceof ParallaxError) || error.retryable) throw error;
      this.#options.note(`${formatSecond(minute)} cannot be computed: ${error.message}`);
      return { failed: error };
    }
  }

  async #compare(committed: CommittedMinute, alternative: Alternative, reconciler: Reconciler): Promise<MinuteVerdict> {
    const { project, ledger, sources } = this.#options;
    const findings = sources.findings(alternative.lookups.facts.population);
    this.#inputs.set(committed.minute, findings);
    const spark = sparkMinute(project, ledger, committed);
    const verdict = await reconciler.minute(spark, { lookups: alternative.lookups, lines: this.#lines });
    const before = sources.beforeQueue;
    const coverage = before === 0 ? verdict.coverage : { ...verdict.coverage, payloads_of_the_bridge: before };
    return withFindings({ ...verdict, coverage }, findings);
  }

  /** The first minute without a verdict; of a run that was never verified its first one. */
  async #firstMinute(): Promise<Micros | null> {
    const newest = this.#options.verdicts.newest();
    if (newest !== null) return newest + MICROS_PER_MINUTE;
    for (;;) {
      const first = this.#options.ledger.firstSeal();
      if (first !== null || this.#options.signal.aborted) return first;
      await this.#options.clock.sleep(LEDGER_POLL_MS, this.#options.signal);
    }
  }

  /** An alternative whose windows are those of the minute before `next`: the events of the last hour are read again. */
  async #warmed(next: Micros): Promise<Alternative> {
    const { project, logic, state, sources, ledger, signal, note } = this.#options;
    const own = join(state, 'verifier', 'alternative');
    await rm(join(own, 'events'), { recursive: true, force: true });
    const first = ledger.firstSeal() ?? next;
    const reach = HOUR_MINUTES * MICROS_PER_MINUTE + project.latenessUs + 2n * (project.maxAheadUs + MICROS_PER_MINUTE);
    const from = next - reach - ((next - reach) % MICROS_PER_MINUTE);
    const begin = from > first ? from : first;
    const alternative = new Alternative({ project, logic, sources, from: begin, state: own, signal });
    await alternative.open();
    if (begin < next) note(`reading ${(next - begin) / MICROS_PER_MINUTE} minutes of events again`);
    for (let minute = begin; minute < next; minute += MICROS_PER_MINUTE) {
      signal.throwIfAborted();
      const manifest = ledger.manifest(minute);
      if (manifest === null) throw new ParallaxError('PRLX_ALTERNATIVE_LEDGER', `the ledger has lost the seal of ${formatSecond(minute)}`);
      await sources.begin(manifest, true, signal);
      await alternative.warm(minute);
      await sources.done();
    }
    alternative.restoreDecisions(ledger.lastDecisions(next));
    return alternative;
  }

  /** Waits for what the ledger will say of a minute; messages of the running minute are read meanwhile. Null when the signal aborts. */
  async #awaited<T>(minute: Micros, look: (ledger: LedgerReader, minute: Micros) => T | null): Promise<T | null> {
    const { ledger, clock, signal } = this.#options;
    while (!signal.aborted) {
      const found = look(ledger, minute);
      if (found !== null) return found;
      await clock.sleep(LEDGER_POLL_MS, signal);
    }
    return null;
  }
}

/** A minute that the alternative could not compute: everyone waits for a person. */
function inconclusive({ minute, manifest, digest }: CommittedMinute, error: ParallaxError): MinuteVerdict {
  const witness = { customer: '', column: error.code, spark: null, alternative: null, detail: [error.message] };
  return {
    minute,
    manifest,
    digest,
    verdict: 'inconclusive',
    reason: 'alternative_failed',
    stage: null,
    source: null,
    variable: null,
    witnesses: [witness],
    coverage: {},
    blocks: { kind: 'all' },
  };
}
