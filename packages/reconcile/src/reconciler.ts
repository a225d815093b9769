import type { Blocks, Micros, MinuteVerdict, Project } from '@parallax/core';
import { type AheadFolders, SparkAhead } from './ahead/spark-ahead.ts';
import { checkCanaries, withCanaries } from './canaries/check.ts';
import type { Canaries } from './canaries/declared.ts';
import type { Explained } from './cause/explanation.ts';
import { findCause } from './cause/find-cause.ts';
import { type Kept, Memory } from './cause/memory.ts';
import { type EarlierView, earlierValues } from './cause/of-batch.ts';
import { explainInputs } from './cause/of-inputs.ts';
import { remembered, rememberedText } from './cause/remembered.ts';
import type { Comparison } from './context.ts';
import { Findings } from './findings.ts';
import type { AlternativeLookups, AlternativeMinuteSide, InputComparison, SparkMinute } from './sides.ts';
import { ParquetReader } from './spark-side/parquet.ts';
import { compareActions } from './stages/actions.ts';
import { compareBatch } from './stages/batch.ts';
import { ComparedRows } from './stages/compared-rows.ts';
import { compareInputs } from './stages/inputs.ts';
import { compareOnline } from './stages/online.ts';
import { OwnSide } from './stages/own-side.ts';
import { comparePopulation, type Population } from './stages/population.ts';
import { compareResults } from './stages/results.ts';
import { compareWindows } from './stages/windows.ts';
import { checkWitnesses } from './stages/witnesses.ts';
import { type SharedLookups, WindowThreads } from './threads/window-threads.ts';

export interface ReconcilerOptions {
  readonly project: Project;
  readonly inputs: InputComparison;
  /** What `remembered` of an earlier reconciler gave after the minute before the first; null: nothing. */
  readonly remembered?: string | null;
  /** Customers whose answers are known beforehand, and the run's first iteration. */
  readonly canaries?: { readonly declared: Canaries; readonly first: Micros };
  /** Threads that compare windows while the other stages are compared (default: none, all is done in this one). */
  readonly threads?: number;
}

/** What a reconciler knows of earlier minutes. */
interface Known {
  readonly memory: Kept | null;
  readonly view: EarlierView | null;
  readonly earlier: EarlierView | null;
  readonly borderline: readonly (readonly [string, Micros])[];
}

/**
 * Compares both sides minute after minute (design, section 5), stage by stage: the first that differs names the cause. Every row and column of the
 * population, exactly and null-safe; only columns that the project declares approximate have a tolerance.
 */
export class Reconciler {
  readonly #project: Project;
  readonly #inputs: InputComparison;
  readonly #canaries: ReconcilerOptions['canaries'];
  readonly #parquet: ParquetReader;
  readonly #threads: WindowThreads | null;
  readonly #memory: Memory;
  /** Of the minute that was prepared last. */
  #own: OwnSide | null = null;
  readonly #comparedRows = new ComparedRows();
  readonly #ahead: SparkAhead;
  #view: EarlierView | null = null;
  #earlier: EarlierView | null = null;
  /** By customer and action: until when a decision may differ, since one that was borderline did. */
  readonly #borderline = new Map<string, Micros>();

  private constructor(options: ReconcilerOptions, parquet: ParquetReader) {
    this.#project = options.project;
    this.#inputs = options.inputs;
    this.#canaries = options.canaries;
    this.#parquet = parquet;
    this.#ahead = new SparkAhead(options.project, parquet);
    this.#threads = options.threads === undefined ? null : WindowThreads.open(options.project, options.threads);
    const known = options.remembered == null ? null : remembered<Known>(options.remembered);
    this.#memory = new Memory(options.project, known?.memory ?? undefined);
    this.#view = known?.view ?? null;
    this.#earlier = known?.earlier ?? null;
    for (const [key, until] of known?.borderline ?? []) this.#borderline.set(key, until);
  }

  static async open(options: ReconcilerOptions): Promise<Reconciler> {
    return new Reconciler(options, await ParquetReader.open());
  }

  async close(): Promise<void> {
    await this.#threads?.close();
    this.#parquet.close();
  }

  /** What the minutes after the one that was compared last need to know, as text. */
  remembered(): string {
    return rememberedText({
      memory: this.#memory.kept(),
      view: this.#view,
      earlier: this.#earlier,
      borderline: [...this.#borderline],
    } satisfies Known);
  }

  /**
   * Compares what can be before a minute is over, of the files that Spark has written by now; asked again, of those that are new. The alternative must have begun the minute,
   * and leave its windows as they are until this returns.
   */
  async ahead(minute: Micros, folders: AheadFolders, lookups: SharedLookups & Pick<AlternativeLookups, 'batchRow'>): Promise<void> {
    if (folders.draft !== null) await this.#threads?.ahead(minute, folders.draft, lookups);
    await this.#ahead.look(minute, folders, this.#view, this.#comparedRows, lookups);
  }

  /**
   * The verdict on one minute. The minutes come in order; the alternative's lookups are those of this minute.
   * Throws PackedFault when Spark's state is not what its format says.
   */
  async minute(spark: SparkMinute, alternative: AlternativeMinuteSide): Promise<MinuteVerdict> {
    const { minute } = spark;
    if (alternative.lookups.facts.minute !== minute) throw new RangeError('the alternative is at another minute');
    const own = await this.#ownOf(alternative.lookups);
    const findings = new Findings();
    const earlierRow = async (customer: string) =>
      this.#earlier === null ? null : earlierValues({ project: this.#project, parquet: this.#parquet }, this.#earlier, customer);
    this.#ahead.begin(minute);
    const comparison: Comparison = {
      ...{ project: this.#project, spark, alternative, own, ahead: this.#ahead, parquet: this.#parquet },
      ...{ findings, earlierRow },
    };
    this.#useView(spark);
    await this.#remember(spark, alternative);

    // Threads look at the windows, which are most of all, while the rest is compared. When one of both fails the other is waited for: nobody closes what it reads.
    const [threads, rows] = await Promise.allSettled([
      this.#threads?.equal(spark, alternative.lookups) ?? null,
      this.#compareRows(comparison),
    ]);
    if (rows.status === 'rejected') throw rows.reason;
    if (threads.status === 'rejected') throw threads.reason;
    const { inputs, population, inBand } = rows.value;
    const equalWindows = threads.value;
    await compareWindows(comparison, population, equalWindows?.customers ?? null);
    if (equalWindows !== null && equalWindows.ahead > 0) findings.covered('customers_compared_ahead', equalWindows.ahead);
    await this.#compareActions(comparison, inBand);
    const verdict = await this.#verdict(comparison, inputs);
    if (this.#canaries === undefined) return verdict;
    const { declared, first } = this.#canaries;
    return withCanaries(verdict, await checkCanaries(comparison, declared, first));
  }

  /** Does what can be done of a minute whose messages the alternative has taken in, and whose customers it knows. */
  async takenIn(lookups: AlternativeLookups): Promise<void> {
    const own = await OwnSide.of(this.#project, lookups);
    this.#own = own;
    if (this.#ahead.isOf(lookups.facts)) this.#ahead.prepareCustomers(own, lookups);
    // Whoever has come since has their keys put where threads see them.
    lookups.shared();
  }

  /** Does what can be done of a minute that the alternative has run before the Spark side's files are there. */
  async prepare(lookups: AlternativeLookups): Promise<void> {
    const own = await this.#ownOf(lookups);
    this.#own = own;
    if (this.#ahead.isOf(lookups.facts)) {
      this.#ahead.prepareCustomers(own, lookups);
      this.#ahead.prepareAnswers(own, lookups);
    }
    lookups.shared();
  }

  async #ownOf(lookups: AlternativeLookups): Promise<OwnSide> {
    const own = this.#own?.facts === lookups.facts ? this.#own : await OwnSide.of(this.#project, lookups);
    this.#own = null;
    await own.withActed(lookups);
    return own;
  }

  /** A minute that cannot be compared: those after it know what was given differently in it, and the batch view that it used. */
  async passOver(spark: SparkMinute, alternative: Pick<AlternativeMinuteSide, 'lookups'>): Promise<void> {
    this.#useView(spark);
    await this.#remember(spark, alternative);
  }

  async #remember({ minute, batch }: SparkMinute, { lookups }: Pick<AlternativeMinuteSide, 'lookups'>): Promise<void> {
    this.#memory.begin(minute, await this.#inputs.differences(minute), { spark: batch, alternative: lookups.facts.batchDay });
  }

  /** All stages before the actions, but for the windows. */
  async #compareRows(comparison: Comparison): Promise<{
    readonly inputs: readonly Explained[];
    readonly population: Population;
    readonly inBand: ReadonlySet<string>;
  }> {
    const inputs = await explainInputs(comparison, await compareInputs(comparison), this.#memory);
    const population = await comparePopulation(comparison);
    await compareBatch(comparison, population.common, this.#comparedRows);
    await compareOnline(comparison, population.common);
    return { inputs, population, inBand: await compareResults(comparison) };
  }

  async #compareActions(comparison: Comparison, inBand: ReadonlySet<string>): Promise<void> {
    const { minute } = comparison.spark;
    const differing = await compareActions(
      comparison,
      (customer, action) => inBand.has(customer) || (this.#borderline.get(borderlineKey(customer, action)) ?? minute) > minute,
    );
    for (const [key, until] of this.#borderline) if (until <= minute) this.#borderline.delete(key);
    for (const { customer, action } of differing) {
      const { coolDownUs } = this.#project.actions.get(action) ?? this.#project.defaultAction;
      if (inBand.has(customer)) this.#borderline.set(borderlineKey(customer, action), minute + coolDownUs);
    }
    for (const customer of inBand) comparison.findings.hold(customer);
    if (inBand.size > 0) comparison.findings.covered('borderline', inBand.size);
  }

  async #verdict(comparison: Comparison, inputs: readonly Explained[]): Promise<MinuteVerdict> {
    const { spark, findings } = comparison;
    const { minute, manifest, digest, incomplete } = spark;
    const found = await findCause(comparison, this.#memory, inputs, this.#earlier);
    const cause = { ...found, witnesses: await checkWitnesses(comparison, found.witnesses) };
    const common = { minute, manifest, digest, coverage: findings.coverage };
    if (incomplete.length > 0) {
      const source = incomplete[0] ?? null;
      return {
        ...common,
        ...cause,
        verdict: 'inconclusive',
        reason: 'incomplete',
        stage: 'inputs',
        source,
        variable: null,
        blocks: { kind: 'all' },
      };
    }
    return { ...common, ...cause, blocks: blocksOf(findings) };
  }

  /** Keeps the view that was in use before the one at hand. */
  #useView({ batch }: SparkMinute): void {
    if (batch === null || batch.folder === this.#view?.folder) return;
    this.#earlier = this.#view;
    this.#view = { day: batch.day, folder: batch.folder, taken: batch.taken };
  }
}

function blocksOf({ customers }: Findings): Blocks {
  if (customers === null) return { kind: 'all' };
  return customers.size === 0 ? { kind: 'none' } : { kind: 'customers', customers: [...customers] };
}

function borderlineKey(customer: string, action: string): string {
  return `${customer}\n${action}`;
}
