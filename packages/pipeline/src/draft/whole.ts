import { join } from 'node:path';
import { quoteIdentifier } from '@parallax/core';
import { fileTable } from '../engine/sql.ts';

/**
 * What an iteration that was made of a draft keeps as the draft has it, beside a folder of those customers that were done again: of `windows` and `beside` all
 * that these have, of `members` and `results` their rows. `amended` says who they are.
 */
export type AmendedPart = 'windows' | 'beside' | 'members' | 'results';

/** The folder of the customers that were done again. */
export const AMENDED = 'amended';

/** Columns of `amended`: `bucket`, and the keys as `prlx_keys` packs them. */
export const AMENDED_SCHEMA = 'bucket INT, keys BINARY';

/** The name of the folder that stands in place of some of `part`. */
export function amendedPart(part: AmendedPart): string {
  return `${part}-amended`;
}

/**
 * All of `part` of such an iteration: the draft's rows, and in place of some of them those that were done again.
 *
 * @param column the key's
 * @param keys relation of `key`, those who were done again
 */
export function wholeSql(folder: string, part: 'members' | 'results', column: string, keys = `(${amendedKeysSql(folder)})`): string {
  const of = (name: string) => fileTable('parquet', join(folder, name));
  const key = `CAST(d.${quoteIdentifier(column)} AS STRING)`;
  return `SELECT d.* FROM ${of(part)} d LEFT ANTI JOIN ${keys} k ON k.key = ${key} UNION ALL SELECT * FROM ${of(amendedPart(part))}`;
}

function amendedKeysSql(folder: string): string {
  return `SELECT explode(prlx_key_list(keys)) AS key FROM ${fileTable('parquet', join(folder, AMENDED))}`;
}
