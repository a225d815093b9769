import { type Project, quoteIdentifier, quoteLiteral } from '@parallax/core';
import type { Engine } from '../engine/engine.ts';
import { rowsSpec } from '../engine/specs.ts';
import { rowsType, streamColumns, VIEW_DIGITS } from './columns.ts';

/**
 * Both windows of the population as the recording's outputs have them: key, window, then the columns without `_1h`. Reads the views
 * `prlx_windows` and `prlx_population` of a minute.
 */
export async function windowExportSql(engine: Engine, project: Project): Promise<string> {
  const columns = streamColumns(project);
  await engine.ensure('window rows', project.hash, () =>
    engine.session.registerJavaFunction('prlx_window_rows', 'dev.parallax.functions.Rows', rowsType(columns)),
  );
  const one = (window: 'hour' | 'last') =>
    columns
      .filter((c) => c.window === window)
      .map((c) => {
        const plain = quoteIdentifier(window === 'last' ? c.name.slice(0, -'_1h'.length) : c.name);
        const value = `r.${quoteIdentifier(c.name)}`;
        return `${c.places === null ? `COALESCE(${value}, 0L)` : value} AS ${plain}`;
      })
      .join(', ');
  const rows = `prlx_population p LEFT JOIN (SELECT inline(prlx_window_rows(hour, last, touched, ${quoteLiteral(rowsSpec(project, columns, VIEW_DIGITS))})) FROM prlx_windows) r ON r.key = p.key`;
  const key = quoteIdentifier(project.key.name);
  return `SELECT p.key AS ${key}, 'hour_to_date' AS window, ${one('hour')} FROM ${rows}
UNION ALL
SELECT p.key AS ${key}, 'last_hour' AS window, ${one('last')} FROM ${rows}`;
}
