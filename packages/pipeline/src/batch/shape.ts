import { type BatchTable, quoteIdentifier, quoteLiteral } from '@parallax/core';

/** A view of a store's rows as they are, and which of our columns are wanted of it. */
export interface RawRows {
  readonly view: string;
  /** Declared names, the key not among them. */
  readonly columns: readonly string[];
}

/** The store's own columns that a table is made of, at their top level. */
export function physicalColumns(table: BatchTable, columns: readonly string[]): readonly string[] {
  const { shape } = table;
  if (shape.kind === 'long') return [...new Set([table.key, shape.type, shape.value])];
  const fields = columns.map((name) => pathOf(table, name)[0] ?? name);
  return [...new Set([table.key, ...fields, ...(shape.kind === 'latest' ? [shape.by] : [])])];
}

/** Where a store holds a declared column. */
export function pathOf(table: BatchTable, column: string): readonly string[] {
  return table.columns.find((c) => c.name === column)?.field ?? [column];
}

/**
 * One row a customer, of the declared names, out of whatever rows the store has. Where that fails, as with a type that a customer has twice,
 * there are two rows of the customer: the rule for a key that stands twice then keeps both aside. Stored rows without a key stay as many.
 */
export function shapedSql(table: BatchTable, { view, columns }: RawRows): string {
  const key = keySql(table);
  const k = quoteIdentifier(table.key);
  const named = columns.map((name) => `${pathOf(table, name).map(quoteIdentifier).join('.')} AS ${quoteIdentifier(name)}`);
  switch (table.shape.kind) {
    case 'rows':
      return `SELECT ${[`${key} AS ${k}`, ...named].join(', ')} FROM ${view}`;
    case 'latest': {
      const rank = `rank() OVER (PARTITION BY ${key} ORDER BY ${quoteIdentifier(table.shape.by)} DESC NULLS LAST)`;
      return `SELECT ${[`prlx_key AS ${k}`, ...columns.map(quoteIdentifier)].join(', ')} FROM (SELECT ${[`${key} AS prlx_key`, ...named, `${rank} AS prlx_rank`].join(', ')} FROM ${view}) WHERE prlx_rank = 1 OR prlx_key IS NULL`;
    }
    case 'reduce': {
      const { how } = table.shape;
      const reduced = columns.map((name) => {
        const text = table.columns.find((c) => c.name === name)?.type.kind === 'text';
        const field = pathOf(table, name).map(quoteIdentifier).join('.');
        return `${text && how === 'sum' ? 'max' : how}(${field}) AS ${quoteIdentifier(name)}`;
      });
      return `SELECT ${[`prlx_key AS ${k}`, ...reduced].join(', ')} FROM (SELECT *, ${key} AS prlx_key, ${ROW} AS prlx_row FROM ${view}) GROUP BY ${GROUP}`;
    }
    case 'long': {
      const [type, value] = [quoteIdentifier(table.shape.type), quoteIdentifier(table.shape.value)];
      const types = columns.map((name) => `${quoteLiteral(pathOf(table, name).join('.'))} AS ${quoteIdentifier(name)}`);
      return `SELECT ${[`prlx_key AS ${k}`, ...columns.map(quoteIdentifier)].join(', ')} FROM (
  SELECT * FROM (
    SELECT prlx_key, prlx_keyless, prlx_type, prlx_value, max(prlx_times) OVER (PARTITION BY prlx_key, prlx_keyless) AS prlx_times FROM (
      SELECT prlx_key, ${KEYLESS} AS prlx_keyless, prlx_type, max(prlx_value) AS prlx_value, count(*) AS prlx_times
      FROM (SELECT ${key} AS prlx_key, ${ROW} AS prlx_row, CAST(${type} AS STRING) AS prlx_type, ${value} AS prlx_value FROM ${view})
      GROUP BY ${GROUP}, prlx_type
    )
  ) PIVOT (max(prlx_value) FOR prlx_type IN (${types.join(', ')}))
) LATERAL VIEW explode(array_repeat(0, IF(prlx_times > 1, 2, 1))) twice AS prlx_twice`;
    }
  }
}

/** A row without a key is a group of its own: it is kept aside, and counted, as its store has it. */
const ROW = 'monotonically_increasing_id()';
const KEYLESS = 'IF(prlx_key IS NULL, prlx_row, NULL)';
const GROUP = `prlx_key, ${KEYLESS}`;

/** The key without its prefix; null where it has none. */
function keySql(table: BatchTable): string {
  const key = quoteIdentifier(table.key);
  if (table.keyPrefix === '') return key;
  const text = `CAST(${key} AS STRING)`;
  return `IF(startswith(${text}, ${quoteLiteral(table.keyPrefix)}), substr(${text}, ${[...table.keyPrefix].length + 1}), NULL)`;
}
