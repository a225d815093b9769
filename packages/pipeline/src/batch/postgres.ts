import { type BatchSource, quoteIdentifier } from '@parallax/core';
import type { SourceDefinition } from '@parallax/spark-connect';
import { JDBC_FETCH_ROWS, JDBC_PARTITIONS } from '../limits.ts';
import { CONTROL, controlMarkers } from './control.ts';
import { type Env, setting } from './store-settings.ts';
import type { Store } from './stores.ts';

/** `url` (postgres://user:password@host:port/database), `schema`, `day_column`, `control`. */
export function postgres(env: Env): Store {
  const jdbc = (source: BatchSource, dbtable: string): SourceDefinition & { readonly options: Readonly<Record<string, string>> } => {
    const url = new URL(setting(source, 'url', env));
    return {
      format: 'jdbc',
      options: {
        url: `jdbc:postgresql://${url.host}${url.pathname}`,
        user: decodeURIComponent(url.username),
        password: decodeURIComponent(url.password),
        driver: 'org.postgresql.Driver',
        fetchsize: String(JDBC_FETCH_ROWS),
        dbtable,
      },
    };
  };
  const named = (source: BatchSource, table: string) =>
    `${quotePostgres(setting(source, 'schema', env, 'public'))}.${quotePostgres(table)}`;
  return {
    async open(session, name, { source, table, day, columns, tasksMax }) {
      const from = `FROM ${named(source, table.name)} WHERE ${quotePostgres(setting(source, 'day_column', env, 'day'))} = DATE '${day}'`;
      const whole = jdbc(source, `(SELECT ${columns.map(quotePostgres).join(', ')} ${from}) AS t`);
      const key = quotePostgres(table.key);
      await session.createSourceView(name, whole);
      const parts = Math.min(JDBC_PARTITIONS, tasksMax ?? JDBC_PARTITIONS);
      if (parts === 1) return;
      const { fields } = await session.schema(`SELECT ${quoteIdentifier(table.key)} AS k FROM ${name}`);
      if (!INTEGERS.some((kind) => kind === fields[0]?.type.kind)) {
        await session.createSourceView(name, { ...whole, predicates: hashPredicates(table.key, parts) });
        return;
      }
      // Of integers ranges, which an index may serve.
      await session.createSourceView(`${name}_bounds`, jdbc(source, `(SELECT min(${key}) AS low, max(${key}) AS high ${from}) AS t`));
      const [row] = await session.collect(`SELECT low, high FROM ${name}_bounds`);
      if (row?.low == null) return;
      const ranges = { lowerBound: String(row.low), upperBound: String(row.high), numPartitions: String(parts) };
      await session.createSourceView(name, { ...whole, options: { ...whole.options, partitionColumn: table.key, ...ranges } });
    },
    async markers(session, source) {
      const control = named(source, setting(source, 'control', env, 'parallax_control'));
      await session.createSourceView(CONTROL, jdbc(source, `(SELECT day, table_name, completed_at FROM ${control}) AS t`));
      return controlMarkers(session);
    },
  };
}

const INTEGERS = ['byte', 'short', 'int', 'long'] as const;

/**
 * Conditions of which each row of a table meets one, about as many rows each: by the first digit of the MD5 of the key's text, whatever its type
 * and collation; rows without a key are in the first.
 *
 * @param parts 2 to 16
 */
export function hashPredicates(key: string, parts: number): readonly string[] {
  const quoted = quotePostgres(key);
  const digits = [...'0123456789abcdef'];
  return Array.from({ length: parts }, (_, part) => {
    const own = digits.filter((_, i) => i % parts === part).map((digit) => `'${digit}'`);
    return `substr(md5(${quoted}::text), 1, 1) IN (${own.join(', ')})${part === 0 ? ` OR ${quoted} IS NULL` : ''}`;
  });
}

/** A name as PostgreSQL takes it whatever its characters. */
function quotePostgres(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
