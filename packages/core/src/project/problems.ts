import { formatPlace, ParallaxError, type Place } from '../errors.ts';

/** One thing that is wrong with a project, and where. */
export interface ProjectProblem {
  readonly place: Place;
  readonly message: string;
}

/** `file:line (field): message`. */
export function formatProblem(problem: ProjectProblem): string {
  return `${formatPlace(problem.place)}: ${problem.message}`;
}

/** Every problem of a project at once: code `PRLX_PROJECT`, exit code 2. `problems` are in order of file and line. */
export class ProjectError extends ParallaxError {
  readonly problems: readonly ProjectProblem[];

  constructor(directory: string, problems: readonly ProjectProblem[]) {
    const sorted = sortProblems(problems);
    const count = sorted.length === 1 ? 'one problem' : `${sorted.length} problems`;
    super('PRLX_PROJECT', `${count} in the project ${directory}\n${sorted.map((problem) => `  ${formatProblem(problem)}`).join('\n')}`, {
      exitCode: 2,
      advice: 'Correct the lines named above; docs/contract.md, section 10, is the schema of these files.',
    });
    this.name = 'ProjectError';
    this.problems = sorted;
  }
}

/** In order of file (parallax.yaml first), then line, then as found. */
export function sortProblems(problems: readonly ProjectProblem[]): readonly ProjectProblem[] {
  const rank = (file: string): string => (file === 'parallax.yaml' ? '' : file);
  return [...problems].sort((a, b) => {
    const [left, right] = [rank(a.place.file), rank(b.place.file)];
    if (left !== right) return left < right ? -1 : 1;
    return (a.place.line ?? 0) - (b.place.line ?? 0);
  });
}

/** Collects problems, so that the user sees all of them at once. */
export class Problems {
  readonly #found: ProjectProblem[] = [];

  add(place: Place, message: string): void {
    this.#found.push({ place, message });
  }

  get found(): readonly ProjectProblem[] {
    return this.#found;
  }
}
