import { MICROS_PER_MINUTE, type Micros, parseSecond } from '@parallax/core';

/** The clock hour whose minutes are summed and merged, and its last minute. */
export const HOUR: Micros = parseSecond('2026-01-05T10:00:00Z') ?? 0n;
export const HOUR_MINUTES = 60;
export const LAST_MINUTE: Micros = HOUR + BigInt(HOUR_MINUTES - 1) * MICROS_PER_MINUTE;

/** Texts of 0 to n - 1, with commas between. */
export const range = (n: number, of: (i: number) => string): string => Array.from({ length: n }, (_, i) => of(i)).join(', ');

/**
 * Events of customers drawn by a hash, in turn of the minutes from `from` to the hour's last: `n BIGINT, id STRING, k BIGINT, minute BIGINT, v0 BIGINT, …`, each
 * value a hash below 100,000.
 */
export function eventsSql(events: number, customers: number, variables: number, from: Micros): string {
  const minutes = (LAST_MINUTE - from) / MICROS_PER_MINUTE + 1n;
  const values = range(variables, (i) => `pmod(xxhash64(id, ${i}), 100000L) AS v${i}`);
  return `SELECT id AS n, concat('e', CAST(id AS STRING)) AS id, pmod(xxhash64(id, -1), ${customers}L) AS k, ${from}L + pmod(id, ${minutes}L) * ${MICROS_PER_MINUTE}L AS minute, ${values} FROM range(${events})`;
}

/** The same events as the messages that producers send: `n BIGINT, id STRING, minute BIGINT, payload BINARY`, JSON. @param events a relation as `eventsSql` makes it */
export function messagesSql(events: string, variables: number): string {
  const fields = range(variables, (i) => `'v${i}', v${i}`);
  return `SELECT n, id, minute, CAST(to_json(named_struct('k', k, 't', minute, 'e', id, ${fields})) AS BINARY) AS payload FROM ${events}`;
}
