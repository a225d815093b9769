import { resolve } from 'node:path';
import { formatSecond, ParallaxError, type Project, quoteIdentifier, quoteLiteral } from '@parallax/core';
import { type Engine, Ledger, type LiveViews, openLiveViews } from '@parallax/pipeline';
import { typedKey } from '@parallax/pipeline/engine/sql.ts';
import { prepareUserSql } from '@parallax/pipeline/score/user-sql.ts';
import type { Row, SparkType } from '@parallax/spark-connect';
import type { Command } from 'commander';
import { openProject } from '../checked-project.ts';
import { deploymentOf } from '../deployment.ts';
import { EngineKeeper } from '../engine-keeper.ts';
import { positiveInteger } from '../numbers.ts';
import { requireRun } from '../run-place.ts';
import { untilStopped } from '../until-stopped.ts';
import { LateVerdicts } from '../verify/late-verdicts.ts';

interface QueryFlags {
  project: string;
  state?: string;
  engine?: string;
  customer?: string[];
  limit: number;
  json?: boolean;
}

const LIMIT = 1_000;

/** `query`: Spark SQL over what a run has come to, and what is served of a customer. */
export function register(program: Command): void {
  program
    .command('query')
    .description(
      'Spark SQL over the live views of a run: serving (every base customer: the baseline, and over it the newest iteration), satisfaction, stream, batch, online, population, iteration of the newest minute',
    )
    .argument('[sql]', 'one SELECT; without it --customer is asked for')
    .option('--project <dir>', 'the project folder', '.')
    .option('--state <dir>', 'the state folder of the run, which may go on meanwhile')
    .option('--engine <url>', 'a Spark Connect server that runs already, sc://host:port; without it one is started')
    .option('--customer <key...>', 'what is served of these customers')
    .option('--limit <n>', 'at most so many rows', positiveInteger, LIMIT)
    .option('--json', 'print one JSON object a row on standard output')
    .action((sql: string | undefined, flags: QueryFlags) => untilStopped((signal) => query(sql, flags, signal)));
}

async function query(sql: string | undefined, flags: QueryFlags, signal: AbortSignal): Promise<void> {
  const project = await openProject(resolve(flags.project), { sources: false });
  const asked = askedSql(project, sql, flags.customer);
  const { engine, state } = await deploymentOf(project, flags, process.env);
  const file = requireRun(state);
  const note = (text: string) => process.stderr.write(`${text}\n`);
  const engines = new EngineKeeper({ url: engine, home: resolve(state, 'services-query'), note, signal });
  const ledger = Ledger.open(file);
  const verdicts = new LateVerdicts(state);
  try {
    const spark = await engines.engine();
    const views = await openLiveViews(spark, project, ledger, verdicts);
    const rows = await print(spark, asked, flags);
    if (!flags.json) note(`${rows} rows; ${asOf(views)}`);
  } finally {
    verdicts.close();
    ledger.close();
    await engines.close();
  }
}

function askedSql(project: Project, sql: string | undefined, customers: readonly string[] | undefined): string {
  if ((sql === undefined) === (customers === undefined))
    throw new ParallaxError('PRLX_USAGE', 'give either a SELECT or --customer', {
      exitCode: 2,
      advice: 'For example: ./parallax query --state DIR "SELECT served_from, count(*) FROM serving GROUP BY served_from"',
    });
  if (sql !== undefined) return prepareUserSql(sql);
  const keys = (customers ?? []).map((key) => typedKey(quoteLiteral(key), project.key.type));
  return `SELECT * FROM serving WHERE ${quoteIdentifier(project.key.name)} IN (${keys.join(', ')})`;
}

async function print({ session }: Engine, sql: string, { limit, json }: QueryFlags): Promise<number> {
  const { fields } = await session.schema(sql);
  const columns = fields.map(({ name, type }) => `${shownSql(quoteIdentifier(name), type)} AS ${quoteIdentifier(name)}`);
  let rows = 0;
  for await (const row of session.query(`SELECT ${columns.join(', ')} FROM (\n${sql}\n) LIMIT ${limit}`)) {
    process.stdout.write(json ? `${JSON.stringify(row, exactInteger)}\n` : `${textOf(row)}\n`);
    rows += 1;
  }
  return rows;
}

/** As the contract writes values: decimals and days as text, times with microseconds. */
function shownSql(column: string, type: SparkType): string {
  switch (type.kind) {
    case 'boolean':
    case 'byte':
    case 'short':
    case 'int':
    case 'long':
    case 'string':
      return column;
    case 'timestamp':
      return `date_format(${column}, "yyyy-MM-dd'T'HH:mm:ss.SSSSSS'Z'")`;
    case 'struct':
    case 'array':
    case 'map':
      return `to_json(${column})`;
    default:
      return `CAST(${column} AS STRING)`;
  }
}

function exactInteger(_key: string, value: unknown): unknown {
  if (typeof value !== 'bigint') return value;
  return Number.isSafeInteger(Number(value)) ? Number(value) : value.toString();
}

function textOf(row: Row): string {
  return Object.entries(row)
    .map(([name, value]) => `${name}=${value === null ? 'null' : String(value)}`)
    .join('  ');
}

function asOf({ minute, batchDay }: LiveViews): string {
  return `as of the minute ${formatSecond(minute)}, batch day ${batchDay}`;
}
