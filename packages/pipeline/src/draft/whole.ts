import { join } from 'node:path';
import { quoteIdentifier } from '@parallax/core';
import { fileTable } from '../engine/sql.ts';

/**
 * What an iteration that was made of a draft keeps as the draft has it, beside a folder of those customers that were done again: of `windows` and `beside` all
 * that these have, of `members` and `results` their rows. `amended` says who they are. Of `answers` those are beside it that came after the draft, if any did.
 */
export type AmendedPart = 'windows' | 'beside' | 'members' | 'results' | 'answers';

/** The folder of the customers that were done again. */
export const AMENDED = 'amended';

/** The name of the folder that stands in place of some of `part`. */
export function amendedPart(part: AmendedPart): string {
  return `${part}-amended`;
}

/** The rows of the folder `amended`: `bucket`, and as `prlx_keys` packs them the keys of those whom panes touch. @param panes relation of `PANES_SCHEMA` */
export function touchedSql(panes: string): string {
  return `SELECT bucket, prlx_keys(collect_list(touched)) AS keys FROM ${panes} WHERE touched IS NOT NULL GROUP BY bucket`;
}

/** The query `key` of those who were done again. @param amended relation of rows as {@link touchedSql} gives them */
export function amendedKeysSql(amended: string): string {
  return `SELECT explode(prlx_key_list(keys)) AS key FROM ${amended}`;
}

/** All of `part` of such an iteration: the draft's rows, and in place of some of them those that were done again. @param column the key's */
export function wholeSql(folder: string, part: 'members' | 'results', column: string): string {
  const of = (name: string) => fileTable('parquet', join(folder, name));
  const key = `CAST(d.${quoteIdentifier(column)} AS STRING)`;
  return `SELECT d.* FROM ${of(part)} d LEFT ANTI JOIN (${amendedKeysSql(of(AMENDED))}) k ON k.key = ${key} UNION ALL SELECT * FROM ${of(amendedPart(part))}`;
}

/** The relation of all of `part` of an iteration, whether or not it was made of a draft. @param column the key's */
export function partOf(folder: string, amended: boolean, part: 'members' | 'results', column: string): string {
  return amended ? `(${wholeSql(folder, part, column)})` : fileTable('parquet', join(folder, part));
}
