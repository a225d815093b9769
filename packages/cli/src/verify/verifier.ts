import { join } from 'node:path';
import {
  Alternative,
  BatchDays,
  type Checkpoint,
  type CommittedMinute,
  type LedgerReader,
  LineFiles,
  type LiveSources,
  type Logic,
  type Manifest,
  readCheckpoint,
  type SealedMinute,
} from '@parallax/alternative';
import {
  formatSecond,
  type InputFinding,
  later,
  MICROS_PER_DAY,
  MICROS_PER_MINUTE,
  type Micros,
  type MinuteVerdict,
  ParallaxError,
  type Project,
} from '@parallax/core';
import type { Clock } from '@parallax/pipeline';
import { type Canaries, type VerdictStore, withFindings } from '@parallax/reconcile';
import {
  AHEAD_AGAIN_MS,
  AHEAD_EVERY_MS,
  BLOCKED_KEPT_DAYS,
  COMMIT_FIRST_MS,
  COMPARED_EVERY_MS,
  COMPARING_THREADS,
  DAYS_EVERY_MS,
  HOUR_MINUTES,
  LEDGER_POLL_MS,
  RETRY_MS,
  RETRY_MS_MAX,
  SCORED_BEFORE_MS,
  VERDICTS_KEPT_DAYS,
} from './limits.ts';
import { LiveComparison } from './live-comparison.ts';
import { LiveInputs } from './live-inputs.ts';
import { sparkMinute } from './spark-minute.ts';
import { notComputed } from './without-comparison.ts';

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
  /** Collects this process's garbage: asked when nobody waits for it, so that it need not be when a verdict is waited for. */
  readonly collect: () => void;
  readonly signal: AbortSignal;
  readonly note: (text: string) => void;
  readonly onVerdict: (minute: VerifiedMinute) => void;
}

/**
 * Verifies a run's minutes as they are committed, in order, from the first one without a verdict on. What fails and may succeed later is tried
 * again; a minute that cannot be computed or compared gets the verdict `inconclusive`, never none. Ends when the signal aborts.
 */
export async function verifyMinutes(options: VerifierOptions): Promise<void> {
  const { signal, clock, note, project, sources, state } = options;
  // What was read of a day is not read again by the next try.
  const days = new BatchDays({ project, sources, folder: join(ownFolder(state), 'batch'), signal });
  let pauseMs = RETRY_MS;
  try {
    while (!signal.aborted) {
      const before = options.verdicts.newest();
      try {
        await new Attempt(options, days).run();
      } catch (error) {
        if (signal.aborted) return;
        if (!(error instanceof ParallaxError) || !error.retryable) throw error;
        pauseMs = options.verdicts.newest() === before ? Math.min(pauseMs * 2, RETRY_MS_MAX) : RETRY_MS;
        note(`${error.message}; trying again in ${pauseMs / 1000} s`);
        await clock.sleep(pauseMs, signal);
      }
    }
  } finally {
    await days.close();
  }
}

/** Where the alternative keeps what is its own of a run's state folder. */
function ownFolder(state: string): string {
  return join(state, 'verifier', 'alternative');
}

/** Milliseconds by phase of a minute that was computed, or why it cannot be. */
type Computed = { readonly done: Readonly<Record<string, number>> } | Failed;

interface Failed {
  readonly failed: ParallaxError;
}

/** What a minute's inputs have wrong, and how this side's own calls compare to the captured ones, as coverage. */
interface OwnFindings {
  readonly findings: readonly InputFinding[];
  readonly skew: Readonly<Record<string, number>>;
}

/** One try: windows from the log, then minute after minute, until something fails. */
class Attempt {
  readonly #options: VerifierOptions;
  readonly #days: BatchDays;
  readonly #inputs: LiveInputs;
  readonly #lines: string;
  /** When messages are read ahead again, µs since 1970. */
  #aheadAt: Micros = 0n;
  /** The minute whose customers were scored before its end. */
  #scoredAhead: Micros | null = null;
  /** When what Spark has written of the running minute is compared again, µs since 1970. */
  #compareAt: Micros = 0n;
  /** When the stores are asked for a new day again, µs since 1970. */
  #daysAt: Micros = 0n;

  constructor(options: VerifierOptions, days: BatchDays) {
    this.#options = options;
    this.#days = days;
    this.#inputs = new LiveInputs(options.project);
    this.#lines = join(options.state, 'verifier', 'lines');
  }

  async run(): Promise<void> {
    const { project, signal, canaries, ledger } = this.#options;
    let minute = await this.#firstMinute();
    if (minute === null) return;
    const alternative = await this.#readied(minute);
    const first = ledger.firstSeal() ?? minute;
    const comparison = await LiveComparison.open(
      {
        project,
        inputs: this.#inputs,
        remembered: this.#options.verdicts.remembered(minute - MICROS_PER_MINUTE),
        threads: COMPARING_THREADS,
        ...(canaries === null ? {} : { canaries: { declared: canaries, first } }),
      },
      this.#options.note,
    );
    try {
      for (; !signal.aborted; minute += MICROS_PER_MINUTE) {
        await alternative.begin(minute);
        const running = minute;
        const seal = await this.#awaited(
          minute,
          alternative,
          (ledger, at) => ledger.seal(at),
          () => this.#whileRunning(running, alternative, comparison),
        );
        if (seal === null) return;
        await this.#verify({ minute, seal }, alternative, comparison);
      }
    } finally {
      await comparison.close();
      await alternative.close();
    }
  }

  async #verify(sealed: SealedMinute, alternative: Alternative, comparison: LiveComparison): Promise<void> {
    const { sources, verdicts, ledger, clock, project } = this.#options;
    const { minute } = sealed;
    // Nearly always the close comes first, and then the commit: until then no messages of the next minute are read.
    this.#aheadAt = clock.now() + BigInt(COMMIT_FIRST_MS) * 1000n;
    const failed = await this.#takeIn(sealed, false, alternative);
    if (failed === null && alternative.lookups.shows(minute)) await comparison.takenIn(alternative.lookups);
    const manifest = await this.#awaited(minute, alternative, (reader, at) => reader.manifest(at));
    if (manifest === null) return;
    sources.closed(manifest);
    const phasesMs = failed ?? (await this.#compute(minute, alternative));
    sources.taken();
    // What does not need Spark's files is done while they are made.
    const own = 'failed' in phasesMs ? phasesMs : await this.#ownFindings(minute, alternative, comparison);
    this.#aheadAt = clock.now() + BigInt(COMMIT_FIRST_MS) * 1000n;
    const committed = await this.#awaited(minute, alternative, (reader, at) => reader.committed(at));
    this.#aheadAt = 0n;
    if (committed === null) return;
    const verdict = 'failed' in own ? notComputed(committed, own.failed) : await this.#compare(committed, alternative, comparison, own);
    const now = clock.now();
    verdicts.write(verdict, now, comparison.remembered());
    verdicts.forget(minute - VERDICTS_KEPT_DAYS * MICROS_PER_DAY, minute - BLOCKED_KEPT_DAYS * MICROS_PER_DAY - longestValidity(project));
    await this.#done(alternative);
    const newest = ledger.span()?.newest ?? minute;
    this.#options.onVerdict({
      verdict,
      lagMs: Number((now - minute - MICROS_PER_MINUTE - project.graceUs) / 1000n),
      behind: Number((newest - minute) / MICROS_PER_MINUTE),
      phasesMs: 'failed' in phasesMs ? {} : phasesMs.done,
    });
  }

  /** A minute that was verified before, once more. */
  async #runAgain(manifest: Manifest, alternative: Alternative): Promise<void> {
    const failed = await this.#takeIn(manifest, true, alternative);
    this.#options.sources.closed(manifest);
    if (failed === null) await this.#compute(manifest.minute, alternative);
  }

  /** What a minute's seal decides of the alternative's; why it cannot be computed, or null. */
  async #takeIn({ minute, seal }: SealedMinute, known: boolean, alternative: Alternative): Promise<Failed | null> {
    await this.#prepare(minute, alternative);
    await this.#options.sources.begin({ minute, seal }, known, this.#options.signal);
    try {
      await alternative.takeIn(minute);
      return null;
    } catch (error) {
      return this.#failed(minute, error);
    }
  }

  /** What the user's functions or the stores' tables make impossible is the minute's, not the verifier's end; all else is thrown. */
  #failed(minute: Micros, error: unknown): Failed {
    if (!(error instanceof ParallaxError) || error.retryable) throw error;
    this.#options.note(`${formatSecond(minute)} cannot be computed: ${error.message}`);
    return { failed: error };
  }

  /** A store that may answer later is asked again before the minute begins; what cannot be read at all is met again by the minute itself. */
  async #prepare(minute: Micros, alternative: Alternative): Promise<void> {
    try {
      await alternative.prepare(minute);
    } catch (error) {
      if (!(error instanceof ParallaxError) || error.retryable) throw error;
    }
  }

  /** The minute has its verdict: a verifier that begins now goes on after it. */
  async #done(alternative: Alternative): Promise<void> {
    const { sources } = this.#options;
    await sources.done();
    await alternative.checkpoint(sources.positions());
  }

  /** The alternative's own minute. */
  async #compute(minute: Micros, alternative: Alternative): Promise<Computed> {
    const files = new LineFiles(this.#lines, ['events', 'results', 'actions']);
    await files.open();
    try {
      const { phasesMs, newBatchDay, batchDay } = await alternative.run(minute, files);
      await files.finish();
      if (newBatchDay) this.#noteAside(batchDay, (await alternative.batchAside()) ?? []);
      return { done: phasesMs };
    } catch (error) {
      await files.abandon();
      return this.#failed(minute, error);
    }
  }

  #noteAside(day: string | null, aside: readonly { table: string; reason: string; rows: number }[]): void {
    const rows = aside.map(({ table, reason, rows }) => `${table} ${rows} (${reason})`);
    this.#options.note(`batch day ${day} read by this side${rows.length === 0 ? '' : `; rows kept aside: ${rows.join(', ')}`}`);
  }

  /** What this side finds of a minute without Spark's files. */
  async #ownFindings(minute: Micros, { lookups }: Alternative, comparison: LiveComparison): Promise<OwnFindings> {
    const { sources } = this.#options;
    await comparison.prepare(lookups);
    const skew = await sources.skew(lookups);
    const findings = sources.findings(lookups.facts.population);
    this.#inputs.set(minute, findings);
    return { skew, findings };
  }

  async #compare(
    committed: CommittedMinute,
    alternative: Alternative,
    comparison: LiveComparison,
    { skew, findings }: OwnFindings,
  ): Promise<MinuteVerdict> {
    const { project, ledger, sources } = this.#options;
    const spark = sparkMinute(project, ledger, committed);
    const verdict = await comparison.minute(committed, spark, { lookups: alternative.lookups, lines: this.#lines });
    const { beforeQueue, beforeBridge } = sources;
    const coverage = {
      ...verdict.coverage,
      ...skew,
      ...sources.notAsked,
      ...(beforeQueue === 0 ? {} : { payloads_of_the_bridge: beforeQueue }),
      ...(beforeBridge === 0 ? {} : { sent_before_the_bridge: beforeBridge }),
    };
    return withFindings({ ...verdict, coverage }, findings);
  }

  /** The first minute without a verdict whose seal is still known; of a run that was never verified its first one. */
  async #firstMinute(): Promise<Micros | null> {
    const newest = this.#options.verdicts.newest();
    const known = this.#options.ledger.firstSeal();
    if (newest !== null) return known === null || known <= newest ? newest + MICROS_PER_MINUTE : known;
    for (;;) {
      const first = this.#options.ledger.firstSeal();
      if (first !== null || this.#options.signal.aborted) return first;
      await this.#expectDay();
      await this.#options.clock.sleep(LEDGER_POLL_MS, this.#options.signal);
    }
  }

  /** An alternative that is ready for the minute `next`: from its own state on disk, or where there is none from the log. */
  async #readied(next: Micros): Promise<Alternative> {
    const { project, note } = this.#options;
    const kept = await readCheckpoint(ownFolder(this.#options.state), project.hash);
    if (kept === null || kept.minute >= next || this.#options.ledger.manifest(kept.minute) === null) return this.#warmed(next);
    try {
      return await this.#resumed(kept, next);
    } catch (error) {
      if (!(error instanceof ParallaxError) || error.code !== 'PRLX_ALTERNATIVE_STATE') throw error;
      note(`${error.message}: the last hour is read again`);
      return this.#warmed(next);
    }
  }

  /** Goes on from a checkpoint. Minutes that have a verdict and no checkpoint are run again, so that what they decided is known. */
  async #resumed(kept: Checkpoint, next: Micros): Promise<Alternative> {
    const { project, logic, sources, ledger, signal, note } = this.#options;
    const alternative = new Alternative({ ...this.#common(), project, logic, sources, from: kept.minute, resume: kept, signal });
    sources.restart(kept.topics);
    await alternative.open();
    note(`going on after ${formatSecond(kept.minute)}`);
    for (let minute = kept.minute + MICROS_PER_MINUTE; minute < next; minute += MICROS_PER_MINUTE) {
      signal.throwIfAborted();
      const manifest = ledger.manifest(minute);
      if (manifest === null) throw lostSeal(minute);
      await this.#runAgain(manifest, alternative);
      await this.#done(alternative);
    }
    return alternative;
  }

  #common(): { readonly state: string; readonly durable: true; readonly days: BatchDays } {
    return { state: ownFolder(this.#options.state), durable: true, days: this.#days };
  }

  /** An alternative whose windows are those of the minute before `next`: the events of the last hour are read again. */
  async #warmed(next: Micros): Promise<Alternative> {
    const { project, logic, sources, ledger, signal, note } = this.#options;
    sources.restart({});
    const first = ledger.firstSeal() ?? next;
    const reach = HOUR_MINUTES * MICROS_PER_MINUTE + project.latenessUs + 2n * (project.maxAheadUs + MICROS_PER_MINUTE);
    const from = next - reach - ((next - reach) % MICROS_PER_MINUTE);
    const begin = from > first ? from : first;
    const alternative = new Alternative({ ...this.#common(), project, logic, sources, from: begin, signal });
    await alternative.open();
    if (begin < next) note(`reading ${(next - begin) / MICROS_PER_MINUTE} minutes of events again`);
    for (let minute = begin; minute < next; minute += MICROS_PER_MINUTE) {
      signal.throwIfAborted();
      const manifest = ledger.manifest(minute);
      if (manifest === null) throw lostSeal(minute);
      await sources.begin(manifest, true, signal);
      sources.closed(manifest);
      await alternative.warm(minute);
      await sources.done();
    }
    alternative.restoreDecisions(ledger.lastDecisions(next));
    return alternative;
  }

  /** Waits for what the ledger will say of a minute; messages of the running minute are read meanwhile. Null when the signal aborts. */
  async #awaited<T>(
    minute: Micros,
    alternative: Alternative,
    look: (ledger: LedgerReader, minute: Micros) => T | null,
    meanwhile: () => Promise<void> = async () => {},
  ): Promise<T | null> {
    const { ledger, clock, signal } = this.#options;
    while (!signal.aborted) {
      const found = look(ledger, minute);
      if (found !== null) return found;
      await meanwhile();
      if (clock.now() < this.#aheadAt) {
        await clock.sleep(LEDGER_POLL_MS, signal);
        continue;
      }
      await this.#expectDay();
      await this.#readAhead(alternative);
    }
    return null;
  }

  /** What has its time in the minute: this side's own calls, comparing what Spark has merged already, and scoring as if the minute ended now. */
  async #whileRunning(minute: Micros, alternative: Alternative, comparison: LiveComparison): Promise<void> {
    const { sources, clock, ledger, collect } = this.#options;
    sources.sample(minute, alternative.lookups.population);
    await this.#compareAhead(minute, alternative, comparison);
    const end = minute + MICROS_PER_MINUTE;
    if (this.#scoredAhead === minute || clock.now() < end - BigInt(SCORED_BEFORE_MS) * 1000n || clock.now() >= end) return;
    this.#scoredAhead = minute;
    collect();
    await this.#readAhead(alternative);
    await this.#ahead(() => alternative.scoreAhead(() => ledger.seal(minute) !== null));
  }

  /** Compares what Spark has written by now of a minute that is not sealed yet. */
  async #compareAhead(minute: Micros, { lookups }: Alternative, comparison: LiveComparison): Promise<void> {
    const { clock, ledger } = this.#options;
    if (clock.now() < this.#compareAt) return;
    await comparison.ahead(minute, { claimed: ledger.settledAhead(minute), draft: ledger.mergedAhead(minute) }, lookups);
    this.#compareAt = clock.now() + BigInt(COMPARED_EVERY_MS) * 1000n;
  }

  /** Begins to read a day as soon as its tables are complete: when a minute names it, it is there. A store that refuses now is asked again. */
  async #expectDay(): Promise<void> {
    const { clock, sources } = this.#options;
    if (clock.now() < this.#daysAt) return;
    this.#daysAt = clock.now() + BigInt(DAYS_EVERY_MS) * 1000n;
    try {
      const day = await sources.newestDay();
      if (day !== null) this.#days.expect(day);
    } catch (error) {
      if (!(error instanceof ParallaxError) || !error.retryable) throw error;
    }
  }

  async #readAhead(alternative: Alternative): Promise<void> {
    this.#aheadAt = this.#options.clock.now() + BigInt(AHEAD_EVERY_MS) * 1000n;
    await this.#ahead(() => alternative.readAhead());
  }

  /** A broker or a store that refuses now is asked again by the minute itself: until then nothing is wrong. */
  async #ahead(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof ParallaxError) || !error.retryable) throw error;
      this.#aheadAt = this.#options.clock.now() + BigInt(AHEAD_AGAIN_MS) * 1000n;
    }
  }
}

/** How long an action may wait for a person, µs from its minute's end. */
function longestValidity({ actions, defaultAction }: Project): Micros {
  return [defaultAction, ...actions.values()].map(({ validForUs }) => validForUs).reduce(later);
}

function lostSeal(minute: Micros): ParallaxError {
  return new ParallaxError('PRLX_ALTERNATIVE_LEDGER', `the ledger has lost the seal of ${formatSecond(minute)}`);
}
