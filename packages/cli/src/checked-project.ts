import type { Project } from '@parallax/core';
import { loadProject, ProjectError, requireSources } from '@parallax/core/load-project.ts';
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

/** Has Spark analyse the project's SQL; throws ProjectError with what it says, file and line. */
export async function requireSoundSql(project: Project, engines: EngineProvider): Promise<void> {
  const problems = await analyseProject(await engines.engine(), project);
  if (problems.length > 0) throw new ProjectError(project.directory, problems);
}
