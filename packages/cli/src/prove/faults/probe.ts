import { cp, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Project } from '@parallax/core';
import { quoteIdentifier, stripSemicolon } from '@parallax/core';
import { loadProject } from '@parallax/core/load-project.ts';
import { onlineViewColumns } from '@parallax/core/view-columns.ts';

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

const alternativeOf = (online: readonly string[]) => `import * as rules from './rules.ts';

export function satisfaction(c) {
  const minute = new Date(Number(c.iteration.minute.micros / 1000n)).toISOString();
  return {
    ...rules.satisfaction(c),
    probe_time: \`\${minute.slice(0, 10)} \${minute.slice(11, 16)}\`,
    probe_hour: BigInt(minute.slice(11, 13)),
    probe_size: null,
    // Spark keeps six places where a product of two DECIMAL(30, 10) does not fit.
    probe_product: { unscaled: 3703704000000n, places: 12 },
${online.map((name) => `    ${JSON.stringify(`probe_${name}`)}: c.online[${JSON.stringify(name)}],\n`).join('')}  };
}

// Each action is asked for a second time, with another reason: the least counts.
export function actions(c, result) {
  return rules.actions(c, result).flatMap((each) => [each, { ...each, reason: each.reason === null ? null : \`again: \${each.reason}\` }]);
}
`;

/**
 * A copy of the project that shows more: four columns of its results depend on the engine's settings and the view \`iteration\`, others are those of the view
 * \`online\`, and each action is asked for twice, with two reasons. Rules that use none of it cannot show a fault there.
 */
export async function writeProbe(project: Project, directory: string): Promise<Project> {
  await cp(project.directory, directory, { recursive: true });
  await rename(join(directory, 'alternative.ts'), join(directory, 'rules.ts'));
  const key = quoteIdentifier(project.key.name);
  const online = onlineViewColumns(project).map(({ name }) => name);
  const answers = online.map((name) => `probe_o.${quoteIdentifier(name)} AS ${quoteIdentifier(`probe_${name}`)}`);
  await writeFile(
    join(directory, 'satisfaction.sql'),
    `SELECT probe_r.*, ${[...COLUMNS, ...answers].join(', ')}
FROM (\n${stripSemicolon(project.satisfactionSql)}\n) AS probe_r
CROSS JOIN iteration AS probe_i
${online.length === 0 ? '' : `LEFT JOIN online AS probe_o ON probe_o.${key} = probe_r.${key}\n`}`,
  );
  await writeFile(
    join(directory, 'actions.sql'),
    `SELECT ${key}, action, CASE WHEN probe_time = 1 THEN reason ELSE concat('again: ', reason) END AS reason
FROM (\n${stripSemicolon(project.actionsSql)}\n) AS probe_a CROSS JOIN VALUES (1), (2) AS probe_twice(probe_time)\n`,
  );
  await writeFile(join(directory, 'alternative.ts'), alternativeOf(online));
  return loadProject(directory);
}
