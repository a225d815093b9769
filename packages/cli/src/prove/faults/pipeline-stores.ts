import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { MICROS_PER_MINUTE, type Micros, type Project } from '@parallax/core';
import type { MinuteSource } from '@parallax/pipeline';
import { BESIDE_SCHEMA } from '@parallax/pipeline/batch/join.ts';
import { faultMinutes, type Plan } from '../recording/plan.ts';
import { changedFiles, type Injection, type Touched } from '../run/injection.ts';
import type { Expected, Fault, FaultTools } from './fault.ts';
import { onlyIn } from './statements.ts';

/** Faults in the batch view: an old day, a day too soon, half of one, another scorecard. */
export function batchViewFaults(project: Project, plan: Plan): readonly Fault[] {
  const sources = project.batch.map((s) => s.name);
  const fault = (
    family: string,
    what: string,
    injection: Injection | ((tools: FaultTools) => Injection),
    named: readonly string[] = sources,
    from: Micros = plan.newDayFrom,
  ): Fault => ({
    id: `pipeline-${family.replaceAll(/[^a-z0-9]+/g, '-')}`,
    kind: 'pipeline',
    family,
    target: 'batch view',
    what,
    diff: null,
    expected: { stages: ['batch'], sources: named },
    from,
    put: { side: 'spark', rules: 'project', inject: async (tools) => (typeof injection === 'function' ? injection(tools) : injection) },
  });
  const day = `day = '${plan.newDay.day}'`;
  const once = (sql: string, at: Micros = plan.newDayFrom) => ({ ledger: (minute: Micros) => (minute === at ? [sql] : []) });
  const scorecardTables = project.batch.flatMap((s) =>
    s.tables
      .filter((t) => project.scorecard.some((e) => e.source === s.name && e.table === t.name))
      .map((t) => ({ source: s.name, table: t.name })),
  );
  const card = scorecardTables.at(-1);
  const view = (change: (sql: string) => string): Injection => ({
    ownBatchOf: plan.newDay.day,
    statement: (sql) => (isView(sql) ? change(sql) : sql),
  });
  const faults = [
    fault('stale batch view', 'the old day stays in use', once(`DELETE FROM batch_days WHERE ${day}`)),
    fault(
      'batch view too soon',
      'the new day is used before it has settled',
      once(`UPDATE batch_days SET registered = registered - 180000000 WHERE ${day}`, plan.faultsFrom),
      sources,
      plan.faultsFrom,
    ),
    fault(
      'batch view too late',
      'the new day is used a minute late',
      once(`UPDATE batch_days SET registered = registered + 60000000 WHERE ${day}`),
    ),
    fault(
      'half batch view',
      'half of the customers are missing from the new day’s view',
      view((sql) => sql.replace(/\) SORT BY page$/, ') WHERE pmod(bucket, 2) = 0 SORT BY page')),
      [project.base.source],
    ),
  ];
  if (project.population !== 'base')
    faults.push(
      fault(
        'batch rows kept too long',
        'customers keep their rows of the old day over the turn',
        () => keptOverTurn(plan.newDayFrom),
        sources,
        plan.faultsFrom,
      ),
    );
  if (card !== undefined) {
    faults.push(
      fault(
        'half batch view, a table',
        `${card.source}.${card.table} is missing from the new day’s view`,
        reducedOf(plan.newDay.day, card, (folders, own) => folders.filter((folder) => folder !== own)),
        [card.source],
      ),
      fault(
        'half batch view, yesterday’s table',
        `the new day’s view has yesterday’s ${card.source}.${card.table}`,
        ({ batchFolder }) =>
          reducedOf(plan.newDay.day, card, (folders, own) =>
            folders.map((folder) => (folder === own ? join(batchFolder(plan.oldDay.day), basename(dirname(own)), basename(own)) : folder)),
          ),
        [card.source],
      ),
    );
  }
  return faults;
}

/** At the turn the rows of the minute before are taken, as if it had used the same view. */
function keptOverTurn(turn: Micros): Injection {
  let before: string | null = null;
  return {
    relation: (name, relation, minute) => {
      if (name === 'prlx_beside' && minute < turn && !('sql' in relation)) before = relation.paths?.[0] ?? null;
      if (name !== 'prlx_beside_before' || minute !== turn || before === null) return relation;
      return { format: 'parquet', schema: BESIDE_SCHEMA, paths: [before] };
    },
  };
}

/** The copy makes the view of a day itself, of other folders of reduced tables. A recording's tables have a folder each. */
function reducedOf(
  day: string,
  { source, table }: { readonly source: string; readonly table: string },
  change: (folders: readonly string[], own: string) => readonly string[],
): Injection {
  return {
    ownBatchOf: day,
    relation: changedFiles((name, files) => {
      const own = name === 'prlx_reduced' ? files.paths?.find((path) => path.endsWith(`/of-${source}.${table}`)) : undefined;
      return own === undefined ? files : { ...files, paths: change(files.paths ?? [], own) };
    }),
  };
}

function isView(sql: string): boolean {
  return sql.startsWith('INSERT OVERWRITE DIRECTORY') && /\/view-[^/']*'/.test(sql.slice(0, 600));
}

/** Faults in how bulk answers are taken. */
export function onlineJoinFaults(project: Project, plan: Plan): readonly Fault[] {
  const sources = project.online.map((s) => s.name);
  const minutes = faultMinutes(plan).filter((minute) => !plan.missed.has(minute));
  const expected: Expected = { stages: ['online'], sources };
  const fault = (family: string, what: string, from: Micros, inject: (tools: FaultTools) => Promise<Injection>): Fault => ({
    id: `pipeline-${family.replaceAll(/[^a-z0-9]+/g, '-')}`,
    kind: 'pipeline',
    family,
    target: 'online',
    what,
    diff: null,
    expected,
    from,
    put: { side: 'spark', rules: 'project', inject },
  });
  const [first = plan.faultsFrom, second = plan.faultsFrom] = minutes;
  return [
    fault('page lost', 'one page of the captured answers is lost', first, async ({ folder }) => ({
      source: (source, touched) => pageLost(source, touched, folder, first),
    })),
    fault('first answer wins', 'of two answers the first counts', plan.faultsFrom, async () => ({
      statement: (sql) => sql.replace('c.at, block, line,', '-c.at, -block, -line,'),
    })),
    fault('answers not kept', 'no earlier answer stands in', plan.faultsFrom, async () => ({
      relation: changedFiles((name, source, minute) =>
        name === 'prlx_answers_before' && minute >= second ? { ...source, options: { ...source.options, pathGlobFilter: 'none' } } : source,
      ),
    })),
    fault('answers of the minute before', 'the answers of the minute before are taken for this minute’s', second, async () => ({
      statement: (sql, minute) =>
        minute === second ? sql.replace(`c.body, ${second}L,`, `c.body, ${second - MICROS_PER_MINUTE - 1n}L,`) : sql,
    })),
    fault('fields swapped', 'two fields of the view online show each other’s value', plan.faultsFrom, async () => ({
      statement: (sql) => onlyIn(sql, 'TEMPORARY VIEW online AS', () => firstTwoSwapped(sql)),
    })),
  ];
}

/** The view `online` whose first two columns show each other's value. */
function firstTwoSwapped(sql: string): string {
  const [first, second] = [...sql.matchAll(/CAST\((`online\.[^`]+`)/g)].map(([, name = '']) => name);
  if (first === undefined || second === undefined) return sql;
  return sql.replace(/CAST\((`online\.[^`]+`)/g, (cast, name: string) =>
    name === first ? `CAST(${second}` : name === second ? `CAST(${first}` : cast,
  );
}

/** One line of the capture is gone. */
function pageLost(source: MinuteSource, touched: Touched, folder: string, at: Micros): MinuteSource {
  return {
    ...source,
    async captures(minute, close) {
      const captures = await source.captures(minute, close);
      if (minute !== at) return captures;
      await mkdir(folder, { recursive: true });
      const edited = [];
      for (const capture of captures) {
        const path = join(folder, `${capture.source.name}.ndjson`);
        const [, ...rest] = (await readFile(capture.path, 'utf8')).split('\n');
        await writeFile(path, rest.join('\n'));
        touched.count += 1;
        edited.push({ ...capture, path });
      }
      return edited;
    },
  };
}
