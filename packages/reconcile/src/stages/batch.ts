import type { RowsAhead } from '../ahead/rows-ahead.ts';
import type { Comparison } from '../context.ts';
import { type BatchLayout, type BatchRun, batchLayout, batchRunsOf } from '../spark-side/batch-rows.ts';
import { type KeptFile, keptFiles, tableOf } from '../spark-side/parquet.ts';
import { differingCells } from './batch-cells.ts';
import type { ComparedRows } from './compared-rows.ts';
import type { SomeCustomers } from './scored-customers.ts';

/** What a difference of the day itself is called. */
export const BATCH_DAY_COLUMN = 'batch_day';

/** Compares the day that both sides use, and the batch row of each customer of the population that the minute used. */
export async function compareBatch(comparison: Comparison, common: SomeCustomers, compared: ComparedRows): Promise<void> {
  const { project, spark, alternative, findings } = comparison;
  const [ours, theirs] = [spark.batch?.day ?? null, alternative.lookups.facts.batchDay];
  const { source } = project.base;
  if (ours !== theirs) {
    findings.add({ stage: 'batch', customer: null, source, variable: null, column: BATCH_DAY_COLUMN, spark: ours, alternative: theirs });
    findings.holdAll();
  }
  if (spark.batch === null) return;
  compared.use(spark.batch.folder);
  const rows = new RowComparison(comparison, batchLayout(project, spark.batch.taken), common, compared);
  for (const folder of spark.batch.rows) {
    for (const file of await keptFiles(folder)) {
      const ahead = comparison.ahead.rowsOf(file, spark.batch.folder);
      if (ahead === null || !rows.comparedAhead(ahead)) await rows.compare(file);
    }
  }
  for (const customer of rows.missing.keys()) {
    const column = `${source}.${project.base.table}`;
    findings.add({ stage: 'batch', customer, source, variable: null, column, spark: null, alternative: customer });
  }
  findings.covered('batch', common.size);
  findings.covered('batch_read', rows.unpacked);
}

class RowComparison {
  /** Customers of whom no row was met yet. */
  readonly missing: SomeCustomers;
  unpacked = 0;
  readonly #comparison: Comparison;
  readonly #layout: BatchLayout;
  readonly #compared: ComparedRows;

  constructor(comparison: Comparison, layout: BatchLayout, common: SomeCustomers, compared: ComparedRows) {
    this.#comparison = comparison;
    this.#layout = layout;
    this.#compared = compared;
    this.missing = common.copy();
  }

  /** Compares the rows of a file. */
  async compare({ path }: KeptFile): Promise<void> {
    for await (const run of batchRunsOf(this.#comparison.parquet, tableOf([path]))) {
      while (run.next()) {
        if (!run.inBase) continue;
        const key = this.missing.take(run.bytes, run.keyStart, run.keyEnd);
        if (key !== null) this.#row(key, run);
      }
    }
  }

  /** The same of a file whose rows were compared ahead; false: the alternative has other rows by now than those that were equal to some, which are left. */
  comparedAhead(ahead: RowsAhead): boolean {
    const { own, alternative } = this.#comparison;
    const numbers = ahead.keys.numbersIn(own.scored);
    const holds = ahead.holds(own, { batchRow: (key) => alternative.lookups.batchRow(key) });
    let isAll = true;
    this.unpacked += ahead.unpacked;
    for (let i = 0; i < numbers.length; i++) {
      const number = numbers[i] as number;
      const key = this.missing.takeNumber(number);
      if (key === null || holds[i] === 1) continue;
      const run = ahead.left(i);
      if (run !== null) this.#row(key, run);
      else {
        this.missing.addNumber(number);
        isAll = false;
      }
    }
    return isAll;
  }

  /** Compares the row that a run is at. */
  #row(customer: string, run: BatchRun): void {
    const { alternative, findings } = this.#comparison;
    const { checksum } = run;
    const cells = alternative.lookups.batchRow(customer);
    if (this.#compared.has(customer, checksum, cells)) return;
    this.unpacked++;
    const differing = differingCells(this.#layout, run, cells);
    if (differing.length === 0) this.#compared.add(customer, checksum, cells);
    for (const { column, spark, alternative: theirs } of differing) {
      const { name, source, variable } = column;
      findings.add({ stage: 'batch', customer, source, variable, column: name, spark, alternative: theirs });
    }
  }
}
