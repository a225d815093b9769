/** A test case: the files of a project and of a recording, as texts. The form in which failures are kept in `test/regressions/`. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Text by path. */
export type Files = Readonly<Record<string, string>>;

export interface Case {
  readonly project: Files;
  readonly recording: Files;
}

/** Writes DIR/project and DIR/recording and returns their paths. */
export function writeCase(test: Case, directory: string): { project: string; recording: string } {
  const [project, recording] = [join(directory, 'project'), join(directory, 'recording')];
  const write = (root: string, files: Files): void => {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    }
  };
  write(project, test.project);
  write(recording, test.recording);
  return { project, recording };
}
