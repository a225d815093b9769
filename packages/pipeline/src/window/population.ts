import { ParallaxError, type Project, quoteLiteral } from '@parallax/core';
import type { JoinedBatch } from '../batch/join.ts';
import type { Engine } from '../engine/engine.ts';
import { type KeyBatches, keyBatches } from '../engine/key-batches.ts';
import { membersSpec } from '../engine/specs.ts';
import { BASE_POPULATION_MAX } from '../limits.ts';
import { COMPACT_DIGITS } from './columns.ts';

/** What is known of each customer with a window, or touched, and for the population `base` of every base customer. */
export const MEMBERS_SCHEMA = 'key STRING, in_hour BOOLEAN, touched BOOLEAN, in_base BOOLEAN';

/** In place of answers by source, each in one list or in several. */
const NO_ANSWERS = 'CAST(NULL AS ARRAY<ARRAY<BINARY>>)';

/** Which rows of `MEMBERS_SCHEMA` are the population that is scored (contract, section 4). */
export function populationFilter(project: Project): string {
  switch (project.population) {
    case 'window':
      return 'in_base AND in_hour';
    case 'touched':
      return 'in_base AND touched';
    case 'base':
      return 'in_base';
  }
}

/** Throws PRLX_POPULATION when the base is larger than can be scored whole every minute. */
export function refuseLargeBase({ population }: Project, { baseCustomers }: JoinedBatch): void {
  if (population !== 'base' || baseCustomers <= BASE_POPULATION_MAX) return;
  throw new ParallaxError('PRLX_POPULATION', `the population "base" has ${baseCustomers} customers, more than ${BASE_POPULATION_MAX}`, {
    exitCode: 2,
    advice: 'Use population: window or touched.',
  });
}

/** Streams the keys of the minute's population, before anything of its customers is unpacked. Reads `prlx_windows` and `prlx_beside`. */
export async function* populationKeys(engine: Engine, project: Project): KeyBatches {
  const { from, args } = bucketsSql(project, false);
  yield* memberKeys(engine, project, args, from);
}

/** Streams the keys of all base customers of `prlx_beside`. */
export async function* keysBeside(engine: Engine, project: Project): KeyBatches {
  const args = `CAST(NULL AS BINARY), CAST(NULL AS BINARY), array(run), ${NO_ANSWERS}, CAST(NULL AS BIGINT)`;
  yield* memberKeys(engine, { ...project, population: 'base' }, args, 'FROM prlx_beside');
}

async function* memberKeys(engine: Engine, project: Project, args: string, from: string): KeyBatches {
  const { session } = engine;
  await engine.ensure('member keys', project.hash, () =>
    session.registerJavaFunction(
      'prlx_member_keys',
      'dev.parallax.functions.MemberRows',
      'ARRAY<STRUCT<key: STRING, in_hour: BOOLEAN, touched: BOOLEAN, in_base: BOOLEAN>>',
    ),
  );
  const spec = membersSpec({ ...project, online: [] }, [], { cells: [], modules: 0, sums: [] }, COMPACT_DIGITS);
  const keys = `SELECT inline(prlx_member_keys(CAST(NULL AS BINARY), ${args}, ${quoteLiteral(spec)})) ${from}`;
  yield* keyBatches(session, `SELECT key FROM (${keys}) WHERE ${populationFilter(project)}`);
}

/**
 * The minute's buckets of customers with all that is packed of them, as a `FROM` clause and the arguments of a function of class `MemberRows` between
 * `hour` and the spec. Reads `prlx_windows`, `prlx_beside`, with `answers` `prlx_answers`. The text is the same every minute.
 */
export function bucketsSql(project: Project, answers: boolean): { readonly from: string; readonly args: string } {
  const isBase = project.population === 'base';
  const bucket = isBase ? 'COALESCE(w.bucket, b.bucket)' : 'w.bucket';
  const runs = isBase
    ? 'FULL OUTER JOIN (SELECT bucket, collect_list(run) AS runs FROM prlx_beside GROUP BY bucket) b ON b.bucket = w.bucket'
    : 'LEFT JOIN (SELECT bucket, array(run) AS runs FROM prlx_beside) b ON b.bucket = w.bucket';
  const bySource = project.online.map(({ name }) => `collect_list(CASE WHEN source = ${quoteLiteral(name)} THEN answers END)`);
  const isAnswered = answers && bySource.length > 0;
  const joins = [
    runs,
    ...(isAnswered
      ? [
          `LEFT JOIN (SELECT bucket, max(minute) AS minute, array(${bySource.join(', ')}) AS answers FROM prlx_answers GROUP BY bucket) a ON a.bucket = ${bucket}`,
        ]
      : []),
  ];
  const args = ['w.last', 'w.touched', 'b.runs', isAnswered ? 'a.answers' : NO_ANSWERS, isAnswered ? 'a.minute' : 'CAST(NULL AS BIGINT)'];
  return { from: `FROM prlx_windows w ${joins.join('\n')}`, args: args.join(', ') };
}
