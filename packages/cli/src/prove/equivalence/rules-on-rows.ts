import { type Project, quoteIdentifier } from '@parallax/core';
import type { Engine } from '@parallax/pipeline';
import { prepareUserSql } from '@parallax/pipeline/score/user-sql.ts';
import type { Row } from '@parallax/spark-connect';
import { WITNESS_COLUMNS_MAX } from '../limits.ts';
import { drawRows, openRows, type RichColumn, type RichRow, richColumns } from './rich-data.ts';

export interface Rules {
  readonly satisfactionSql: string;
  readonly actionsSql: string;
}

/** A customer on whom two sets of rules differ: the values that matter, and what each set says. */
export interface Telling {
  /** `column = value`, those without which there is no difference. */
  readonly values: readonly string[];
  readonly before: string;
  readonly after: string;
}

export type Compared =
  | { readonly same: true; readonly rows: number }
  | { readonly same: false; readonly telling: Telling | null; readonly refused: string | null };

/** The second data, which survivors are tried on: rows straight in the views, without events. */
export class RulesOnRows {
  readonly #engine: Engine;
  readonly #project: Project;
  readonly #columns: readonly RichColumn[];
  readonly #rows: readonly RichRow[];

  constructor(engine: Engine, project: Project, count: number, seed: string) {
    this.#engine = engine;
    this.#project = project;
    this.#columns = richColumns(project);
    this.#rows = drawRows(this.#columns, count, seed);
  }

  /** Whether other rules say the same of every row; else a row that tells them apart. */
  async compare(rules: Rules): Promise<Compared> {
    await openRows(this.#engine.session, this.#project, this.#columns, this.#rows);
    const before = await this.#said(this.#project);
    let after: ReadonlyMap<string, string>;
    try {
      after = await this.#said(rules);
    } catch (error) {
      return { same: false, telling: null, refused: error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error) };
    }
    const keys = [...new Set([...before.keys(), ...after.keys()])];
    const differing = keys.find((key) => before.get(key) !== after.get(key));
    if (differing === undefined) return { same: true, rows: this.#rows.length };
    const row = this.#rows[Number(differing.replace('c-', '')) - 1];
    return { same: false, telling: row === undefined ? null : await this.#reduce(row, rules), refused: null };
  }

  /** All that the project's own rules say of the rows. */
  async said(): Promise<string> {
    await openRows(this.#engine.session, this.#project, this.#columns, this.#rows);
    return JSON.stringify([...(await this.#said(this.#project))].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  /** Keeps the values without which the difference is gone: every other is nothing to it. */
  async #reduce(row: RichRow, rules: Rules): Promise<Telling> {
    const named = [...row].filter(([, value]) => value !== null).map(([name]) => name);
    const without = (names: readonly string[]): RichRow =>
      new Map([...row].map(([name, value]) => [name, names.includes(name) ? neutral(value) : value]));
    const variants = [row, ...named.map((name) => without([name]))];
    const differs = await this.#differing(variants, rules);
    const idle = named.filter((_, i) => differs[i + 1] === true);
    const bare = without(idle);
    const [still] = await this.#differing([bare], rules);
    const kept = still === true ? bare : row;
    await openRows(this.#engine.session, this.#project, this.#columns, [kept]);
    const [before] = [...(await this.#said(this.#project)).values()];
    const [after] = [...(await this.#said(rules)).values()];
    const values = [...kept]
      .filter(([name, value]) => value !== null && (still !== true || !idle.includes(name)))
      .map(([name, value]) => `${name} = ${shown(value)}`);
    return { values: values.slice(0, WITNESS_COLUMNS_MAX), before: before ?? 'nothing', after: after ?? 'nothing' };
  }

  async #differing(rows: readonly RichRow[], rules: Rules): Promise<readonly boolean[]> {
    await openRows(this.#engine.session, this.#project, this.#columns, rows);
    const [before, after] = [await this.#said(this.#project), await this.#said(rules)];
    const keyOf = (i: number) => (this.#project.key.type === 'bigint' ? String(i + 1) : `c-${i + 1}`);
    return rows.map((_, i) => before.get(keyOf(i)) !== after.get(keyOf(i)));
  }

  /** By customer: its result and its actions, as text. */
  async #said({ satisfactionSql, actionsSql }: Rules): Promise<ReadonlyMap<string, string>> {
    const { session } = this.#engine;
    const key = quoteIdentifier(this.#project.key.name);
    await session.command(`CREATE OR REPLACE TEMPORARY VIEW prlx_satisfaction AS\n${prepareUserSql(satisfactionSql)}`);
    await session.command(
      `CREATE OR REPLACE TEMPORARY VIEW satisfaction AS SELECT ${key}, CAST(satisfaction AS DECIMAL(5,2)) AS satisfaction, * EXCEPT (${key}, satisfaction) FROM prlx_satisfaction`,
    );
    const said = new Map<string, string[]>();
    const add = ({ prlx_key, ...rest }: Row): void => {
      const name = String(prlx_key);
      said.set(name, [
        ...(said.get(name) ?? []),
        Object.entries(rest)
          .map(([column, value]) => `${column} ${shown(value)}`)
          .join(', '),
      ]);
    };
    for await (const row of session.query(`SELECT CAST(${key} AS STRING) AS prlx_key, * EXCEPT (${key}) FROM satisfaction`)) add(row);
    await session.command(`CREATE OR REPLACE TEMPORARY VIEW prlx_actions AS\n${prepareUserSql(actionsSql)}`);
    const actions = `SELECT CAST(${key} AS STRING) AS prlx_key, action, min(CAST(reason AS STRING)) AS reason FROM prlx_actions GROUP BY ${key}, action ORDER BY 1, 2`;
    for await (const row of session.query(actions)) add(row);
    return new Map([...said].map(([name, lines]) => [name, lines.join('; ')]));
  }
}

function neutral(value: RichRow extends ReadonlyMap<string, infer V> ? V : never): typeof value {
  return typeof value === 'bigint' ? 0n : null;
}

export function shown(value: unknown): string {
  if (value !== null && typeof value === 'object' && 'unscaled' in value && 'scale' in value) {
    const { unscaled, scale } = value as { unscaled: bigint; scale: number };
    const digits = (unscaled < 0n ? -unscaled : unscaled).toString().padStart(scale + 1, '0');
    return `${unscaled < 0n ? '-' : ''}${scale === 0 ? digits : `${digits.slice(0, -scale)}.${digits.slice(-scale)}`}`;
  }
  return typeof value === 'string' ? `'${value}'` : String(value);
}
