import { type Micros, type MinuteVerdict, type Project, STAGES, type Stage } from '@parallax/core';
import { InputHistory } from './cause/input-history.ts';
import type { Comparison } from './context.ts';
import { type Difference, Findings, witnessOf } from './findings.ts';
import type { AlternativeMinuteSide, InputComparison, SparkMinute } from './sides.ts';
import { ParquetReader } from './spark-side/parquet.ts';
import { compareActions } from './stages/actions.ts';
import { ComparedRows, compareBatch } from './stages/batch.ts';
import { compareInputs, type StreamInputs } from './stages/inputs.ts';
import { compareOnline } from './stages/online.ts';
import { comparePopulation } from './stages/population.ts';
import { compareResults } from './stages/results.ts';
import { compareWindows } from './stages/windows.ts';

export interface ReconcilerOptions {
  readonly project: Project;
  readonly inputs: InputComparison;
}

/**
 * Compares both sides minute after minute (design, section 5), stage by stage: the first that differs names the cause. Every row and column of the
 * population, exactly and null-safe; only columns that the project declares approximate have a tolerance.
 */
export class Reconciler {
  readonly #project: Project;
  readonly #inputs: InputComparison;
  readonly #parquet: ParquetReader;
  readonly #history: InputHistory;
  readonly #comparedRows = new ComparedRows();
  /** By customer and action: until when a decision may differ, since one that was borderline did. */
  readonly #borderline = new Map<string, Micros>();

  private constructor(options: ReconcilerOptions, parquet: ParquetReader) {
    this.#project = options.project;
    this.#inputs = options.inputs;
    this.#parquet = parquet;
    this.#history = new InputHistory(options.project);
  }

  static async open(options: ReconcilerOptions): Promise<Reconciler> {
    return new Reconciler(options, await ParquetReader.open());
  }

  close(): void {
    this.#parquet.close();
  }

  /**
   * The verdict on one minute. The minutes come in order; the alternative's lookups are those of this minute.
   * Throws PackedFault when Spark's state is not what its format says.
   */
  async minute(spark: SparkMinute, alternative: AlternativeMinuteSide): Promise<MinuteVerdict> {
    const { minute } = spark;
    if (alternative.lookups.facts.minute !== minute) throw new RangeError('the alternative is at another minute');
    const findings = new Findings();
    const comparison: Comparison = { project: this.#project, spark, alternative, parquet: this.#parquet, findings };
    this.#history.add(minute, await this.#inputs.differences(minute));

    const inputs = await compareInputs(comparison);
    for (const each of inputs) addInputs(comparison, each);
    const population = await comparePopulation(comparison);
    await compareWindows(comparison, population);
    await compareBatch(comparison, population.common, this.#comparedRows);
    await compareOnline(comparison, population.common);
    const inBand = await compareResults(comparison);
    await this.#compareActions(comparison, inBand);
    return this.#verdict(comparison);
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

  #verdict({ spark, findings }: Comparison): MinuteVerdict {
    const { minute, manifest, digest } = spark;
    const { coverage, customers } = findings;
    const stage = STAGES.find((each) => findings.count(each) > 0) ?? null;
    const blocks =
      customers === null
        ? ({ kind: 'all' } as const)
        : customers.size === 0
          ? ({ kind: 'none' } as const)
          : ({ kind: 'customers', customers: [...customers] } as const);
    const common = { minute, manifest, digest, coverage };
    if (spark.incomplete.length > 0) {
      const nothing = { stage: null, variable: null, witnesses: [] };
      return {
        ...common,
        ...nothing,
        verdict: 'inconclusive',
        reason: 'incomplete',
        source: spark.incomplete[0] ?? null,
        blocks: { kind: 'all' },
      };
    }
    if (stage === null) {
      const nothing = { stage, source: null, variable: null, witnesses: [] };
      return { ...common, ...nothing, verdict: 'match', reason: null, blocks };
    }
    const first = findings.of(stage)[0] as Difference;
    const diverging = this.#history.explains(minute, stage, first.source);
    return {
      ...common,
      verdict: diverging === null ? 'mismatch' : 'input_divergence',
      reason: diverging === null ? 'logic' : 'input',
      stage,
      source: diverging?.source ?? first.source,
      variable: first.variable,
      witnesses: findings.of(stage).map((each) => witnessOf(each)),
      blocks,
    };
  }
}

function borderlineKey(customer: string, action: string): string {
  return `${customer}\n${action}`;
}

function addInputs({ project, findings }: Comparison, { stream, counts, checksums }: StreamInputs): void {
  const source = project.streams[stream]?.name ?? null;
  const common = { stage: 'inputs' as Stage, customer: null, source, variable: null };
  for (const each of counts)
    findings.add({ ...common, column: each.class, spark: String(each.spark), alternative: String(each.alternative) });
  if (checksums !== null) findings.add({ ...common, column: 'accepted events', ...checksums });
  findings.holdAll();
}
