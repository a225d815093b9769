import { join } from 'node:path';
import { quoteLiteral } from '@parallax/core';
import type { RunningService } from '@parallax/local';
import type { Engine } from '@parallax/pipeline';
import { parquetView } from '@parallax/pipeline/engine/relations.ts';
import { fileTable, writeParquet, writeState } from '@parallax/pipeline/engine/sql.ts';
import type { BatchView } from '@parallax/pipeline/ledger/ledger.ts';
import { median } from '../figures.ts';
import { cpuSeconds } from '../processes.ts';

/** What finding the batch rows of a minute's customers cost. */
export interface JoinCost {
  readonly customers: number;
  /** CPU seconds when all of the population enters, and when none does. */
  readonly enter: number;
  readonly stay: number;
  readonly pages: number;
  readonly bytes: number;
}

/** Any layout: customers that are touched have no windows to read. */
const NO_STREAMS = '{"streams":[]}';

/**
 * Looks up the batch rows of `population` customers of a view, as a minute does, first with nothing kept and then with all of them kept.
 *
 * @param rows the expression that unpacks a `run` of the view
 */
export async function measureJoin(
  engine: Engine,
  server: RunningService,
  view: BatchView,
  {
    population,
    rounds,
    folder,
    rows,
  }: { readonly population: number; readonly rounds: number; readonly folder: string; readonly rows: string },
): Promise<JoinCost> {
  const { session } = engine;
  const touched = join(folder, 'touched');
  await session.command(writeParquet(touched, touchedSql(view, population, rows)));
  await parquetView(session, 'bench_touched', 'bucket INT, touched BINARY', [touched]);
  await parquetView(session, 'bench_kept', 'bucket INT, run BINARY', []);
  const places = JSON.stringify({ placement: view.placement, files: view.files });
  const query = `SELECT bucket, inline(array(prlx_batch_beside(CAST(NULL AS BINARY), max(touched), max(kept), ${quoteLiteral(NO_STREAMS)}, ${quoteLiteral(places)})))
FROM (SELECT bucket, touched, CAST(NULL AS BINARY) AS kept FROM bench_touched UNION ALL SELECT bucket, NULL, run FROM bench_kept) GROUP BY bucket`;
  const once = async (target: string) => {
    const before = cpuSeconds(server.pid);
    await session.command(writeState(target, query));
    return cpuSeconds(server.pid) - before;
  };
  const repeat = async (target: string) => {
    const spent: number[] = [];
    for (let round = 0; round <= rounds; round += 1) {
      const cpu = await once(target);
      if (round > 0) spent.push(cpu);
    }
    return median(spent);
  };
  const first = join(folder, 'beside');
  const enter = await repeat(first);
  const [read] = await session.collect(`SELECT sum(pages) AS pages, sum(bytes) AS bytes FROM ${fileTable('parquet', first)}`);
  await parquetView(session, 'bench_kept', 'bucket INT, run BINARY', [first]);
  const stay = await repeat(join(folder, 'beside-again'));
  return { customers: view.customers, enter, stay, pages: Number(read?.pages ?? 0), bytes: Number(read?.bytes ?? 0) };
}

/** A sample of the view's customers, spread over it, as a minute's touched customers are packed: by key, each with its length. */
function touchedSql(view: BatchView, population: number, rows: string): string {
  return `SELECT bucket, unhex(concat_ws('', transform(array_sort(collect_list(key)), k -> concat(lpad(hex(length(k)), 2, '0'), hex(k))))) AS touched
FROM (SELECT bucket, key FROM (SELECT bucket, inline(${rows}) FROM ${fileTable('parquet', view.folder)}) ORDER BY xxhash64(key) LIMIT ${population}) GROUP BY bucket`;
}
