import type { Project } from '../project.ts';
import { findForbidden } from '../sql-forbidden.ts';
import type { ProjectProblem } from './problems.ts';

/**
 * What the contract (section 5) refuses in the user's SQL, as far as its text shows; types and names need Spark's analyser.
 * @returns problems with file and line, in order
 */
export function sqlProblems(project: Project): readonly ProjectProblem[] {
  const options = { key: project.key.name, allowDouble: project.approximate.length > 0 };
  const files = [
    { file: 'actions.sql', sql: project.actionsSql },
    { file: 'satisfaction.sql', sql: project.satisfactionSql },
  ];
  return files.flatMap(({ file, sql }) =>
    findForbidden(sql, options).map(({ line, what, advice }) => ({ place: { file, line }, message: `${what} is refused. ${advice}` })),
  );
}
