import { join } from 'node:path';
import type { Project } from '@parallax/core';
import type { Engine } from '@parallax/pipeline';
import { BESIDE_SCHEMA, lookupSql } from '@parallax/pipeline/batch/join.ts';
import { parquetRelation } from '@parallax/pipeline/engine/relations.ts';
import { fileTable, writeParquet, writeState } from '@parallax/pipeline/engine/sql.ts';
import type { BatchView } from '@parallax/pipeline/ledger/ledger.ts';
import { median } from '../figures.ts';
import { cpuSeconds } from '../processes.ts';
import type { Arena, MadeView } from './arena.ts';
import { shownPlan } from './plan.ts';

/** What finding the batch rows of a minute's customers cost. */
export interface JoinCost {
  readonly customers: number;
  /** CPU seconds when all of the population enters, and when none does. */
  readonly enter: number;
  readonly stay: number;
  readonly pages: number;
  readonly bytes: number;
}

/** A base whose customers are looked up. */
export interface JoinBase extends MadeView {
  /** A folder of its own. */
  readonly folder: string;
  readonly project: Project;
}

/** What lookups cost, and Spark's plan of one in the largest base. */
export interface JoinCosts {
  readonly costs: readonly JoinCost[];
  readonly plan: string;
}

/** A base with what one minute reads and writes. */
interface Prepared extends JoinBase {
  readonly touched: string;
  readonly query: string;
}

/** Rounds before those that count: until the engine's compilers are done. */
const WARM_ROUNDS = 3;

/**
 * Looks up the batch rows of `population` customers of each view, as a minute does, first with nothing kept and then with all of them kept. The bases take
 * turns: what the engine learns meanwhile is to nobody's advantage.
 */
export async function measureJoins(
  { engine, server }: Pick<Arena, 'engine' | 'server'>,
  bases: readonly JoinBase[],
  { population, rounds }: { readonly population: number; readonly rounds: number },
): Promise<JoinCosts> {
  const { session } = engine;
  const prepared: Prepared[] = [];
  for (const base of bases) prepared.push(await prepare(engine, base, population));
  const once = async (base: Prepared, target: string, kept: readonly string[]) => {
    const before = cpuSeconds(server.pid);
    await session.command(writeState(target, base.query), { relations: relationsOf(base, kept) });
    return cpuSeconds(server.pid) - before;
  };
  const inTurns = async (part: string, keptOf: (base: Prepared) => readonly string[]) => {
    const spent = prepared.map((): number[] => []);
    for (let round = -WARM_ROUNDS; round < rounds; round += 1) {
      for (let turn = 0; turn < prepared.length; turn += 1) {
        const at = (turn + round + WARM_ROUNDS) % prepared.length;
        const base = prepared[at] as Prepared;
        const cpu = await once(base, join(base.folder, part), keptOf(base));
        if (round >= 0) spent[at]?.push(cpu);
      }
    }
    return spent.map((each) => median(each));
  };
  const enter = await inTurns('beside', () => []);
  const stay = await inTurns('beside-again', ({ folder }) => [join(folder, 'beside')]);
  const costs: JoinCost[] = [];
  for (const [at, { folder, view }] of prepared.entries()) {
    const [read] = await session.collect(
      `SELECT sum(pages) AS pages, sum(bytes) AS bytes FROM ${fileTable('parquet', join(folder, 'beside'))}`,
    );
    const [pages, bytes] = [Number(read?.pages ?? 0), Number(read?.bytes ?? 0)];
    costs.push({ customers: view.customers, enter: enter[at] ?? 0, stay: stay[at] ?? 0, pages, bytes });
  }
  return { costs, plan: await planOf(engine, prepared) };
}

/** What the product's own statement reads: customers that are touched, without windows, and what the minute before kept. */
function relationsOf({ touched }: Prepared, kept: readonly string[]) {
  return {
    prlx_windows: parquetRelation('bucket INT, last BINARY, touched BINARY', [touched]),
    prlx_beside_before: parquetRelation(BESIDE_SCHEMA, kept),
  };
}

/** Spark's plan of a lookup in the largest base, with what the minute before kept. */
async function planOf({ session }: Engine, prepared: readonly Prepared[]): Promise<string> {
  const base = prepared.reduce((most, each) => (each.view.customers > most.view.customers ? each : most));
  const plan = await session.explain(base.query, 'formatted', { relations: relationsOf(base, [join(base.folder, 'beside')]) });
  return shownPlan(plan, base.folder);
}

async function prepare({ session }: Engine, base: JoinBase, population: number): Promise<Prepared> {
  const { folder, view, rows } = base;
  const touched = join(folder, 'touched');
  await session.command(writeParquet(touched, touchedSql(view, population, rows)));
  return { ...base, touched, query: lookupSql(base.project, view) };
}

/** A sample of the view's customers, spread over it, as a minute's touched customers are packed: by key, each with its length. */
function touchedSql(view: BatchView, population: number, rows: string): string {
  return `SELECT bucket, unhex(concat_ws('', transform(array_sort(collect_list(key)), k -> concat(lpad(hex(length(k)), 2, '0'), hex(k))))) AS touched
FROM (SELECT bucket, key FROM (SELECT bucket, inline(${rows}) FROM ${fileTable('parquet', view.folder)}) ORDER BY xxhash64(key) LIMIT ${population}) GROUP BY bucket`;
}
