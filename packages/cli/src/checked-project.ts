import type { Project } from '@parallax/core';
import { formatProblem, loadProject, ProjectError, requireSources } from '@parallax/core/load-project.ts';
import { sqlProblems } from '@parallax/core/project/check-sql.ts';
import { analyseProject, type EngineProvider } from '@parallax/pipeline';

/** A project whose files are well-formed and whose SQL says nothing that is refused; throws ProjectError with all that is wrong. */
export async function openProject(directory: string, options: { sources: boolean }): Promise<Project> {
  const project = await loadProject(directory);
  if (options.sources) requireSources(project);
  const problems = sqlProblems(project);
  if (problems.length > 0) throw new ProjectError(project.directory, problems);
  return project;
}

/** A project to replay: what is refused elsewhere is only said, so that a recording can be run again with the project it was made with. */
export async function openRecordedProject(directory: string, note: (text: string) => void): Promise<Project> {
  const project = await loadProject(directory);
  for (const problem of sqlProblems(project)) note(`warning: ${formatProblem(problem)}`);
  return project;
}

/** Has Spark analyse the project's SQL; throws ProjectError with what it says, file and line. */
export async function requireSoundSql(project: Project, engines: EngineProvider): Promise<void> {
  const problems = await analyseProject(await engines.engine(), project);
  if (problems.length > 0) throw new ProjectError(project.directory, problems);
}
