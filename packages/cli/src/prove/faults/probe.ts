import { cp, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Project } from '@parallax/core';
import { stripSemicolon } from '@parallax/core';
import { loadProject } from '@parallax/core/load-project.ts';

/** The columns that the probe adds, in SQL: each turns on a setting of the engine. */
const COLUMNS = [
  // The session's time zone.
  "date_format(probe_i.minute, 'yyyy-MM-dd HH:mm') AS probe_time",
  'hour(probe_i.minute) AS probe_hour',
  // ANSI mode: the size of null is null, else −1.
  'size(CAST(NULL AS ARRAY<INT>)) AS probe_size',
  // The scale that a product keeps where its digits do not fit.
  'CAST(CAST(1.2345678901 AS DECIMAL(30, 10)) * CAST(3.0000000003 AS DECIMAL(30, 10)) AS DECIMAL(20, 12)) AS probe_product',
];

const ALTERNATIVE = `import * as rules from './rules.ts';

export function satisfaction(c) {
  const minute = new Date(Number(c.iteration.minute.micros / 1000n)).toISOString();
  return {
    ...rules.satisfaction(c),
    probe_time: \`\${minute.slice(0, 10)} \${minute.slice(11, 16)}\`,
    probe_hour: BigInt(minute.slice(11, 13)),
    probe_size: null,
    // Spark keeps six places where a product of two DECIMAL(30, 10) does not fit.
    probe_product: { unscaled: 3703704000000n, places: 12 },
  };
}

export const actions = rules.actions;
`;

/**
 * A copy of the project whose results have four more columns, which depend on the engine's settings and the view \`iteration\`: rules that use
 * neither cannot show a fault there.
 */
export async function writeProbe(project: Project, directory: string): Promise<Project> {
  await cp(project.directory, directory, { recursive: true });
  await rename(join(directory, 'alternative.ts'), join(directory, 'rules.ts'));
  const sql = `SELECT probe_r.*, ${COLUMNS.join(', ')}\nFROM (\n${stripSemicolon(project.satisfactionSql)}\n) AS probe_r CROSS JOIN iteration AS probe_i\n`;
  await writeFile(join(directory, 'satisfaction.sql'), sql);
  await writeFile(join(directory, 'alternative.ts'), ALTERNATIVE);
  return loadProject(directory);
}
