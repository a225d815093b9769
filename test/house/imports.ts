import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';

/** Which packages of ours each package may import: the arrows of the design, section 9. A package that is not named may not exist. */
export const ARROWS: Readonly<Record<string, readonly string[]>> = {
  core: [],
  'spark-connect': ['core'],
  local: ['core', 'spark-connect'],
  simulator: ['core', 'local'],
  pipeline: ['core', 'spark-connect'],
  alternative: ['core'],
  reconcile: ['core'],
  serve: ['core', 'spark-connect', 'pipeline', 'reconcile'],
  cli: ['core', 'spark-connect', 'local', 'simulator', 'pipeline', 'alternative', 'reconcile', 'serve'],
};

/** What `core` may use besides Node: it holds the schema of the project's files, so it reads YAML and CSV, and checks shapes. */
export const CORE_LIBRARIES: readonly string[] = ['yaml', 'zod', 'csv-parse', 'csv-stringify'];

/** Blanks comments out, and keeps strings, templates and line breaks as they are. A regular expression literal is not recognised. */
export function withoutComments(source: string): string {
  return source.replaceAll(
    /("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`)|\/\/[^\n]*|\/\*[\s\S]*?\*\//g,
    (match, text: string | undefined) => text ?? match.replaceAll(/[^\n]/g, ' '),
  );
}

/**
 * The module names that a TypeScript source imports: `import … from`, `import type`, `export … from`, `import 'x'`, and `import('x')`
 * with a literal. dependency-cruiser would do this, but needs the compiler's API, which TypeScript 7 does not have.
 */
export function importsOf(source: string): string[] {
  const text = withoutComments(source);
  const statement = /(?:^|[;}\n])\s*(?:import|export)\b(?:[^'"`;]*?\bfrom)?\s*(['"])([^'"\n]+)\1/g;
  const dynamic = /\bimport\s*\(\s*(['"`])([^'"`\n$]+)\1/g;
  return [...text.matchAll(statement), ...text.matchAll(dynamic)].map((match) => match[2] ?? '');
}

/** One import that its package may not have. */
export interface Violation {
  readonly file: string;
  readonly imported: string;
  readonly why: string;
}

/** Why a file of a package's `src` may not import this; null when it may. */
export function judge(owner: string, file: string, imported: string): string | null {
  if (imported.startsWith('node:')) return null;
  if (imported.startsWith('.')) {
    const target = relative(join('packages', owner), join(file, '..', imported));
    return target.startsWith('..') ? 'a relative import may not leave its package' : null;
  }
  const ours = /^@parallax\/([^/]+)/.exec(imported)?.[1];
  if (ours !== undefined) {
    if (ours === owner) return 'a package imports its own files by relative names';
    return ARROWS[owner]?.includes(ours) === true ? null : `${owner} may import ${ARROWS[owner]?.join(', ') || 'none of ours'}`;
  }
  const library = /^(?:@[^/]+\/)?[^/]+/.exec(imported)?.[0] ?? imported;
  if (owner === 'core' && !CORE_LIBRARIES.includes(library)) return `core may use ${CORE_LIBRARIES.join(', ')}`;
  return null;
}

/** Every violation in the sources of all packages, and how many imports were looked at. */
export function findViolations(root: string): { readonly imports: number; readonly violations: Violation[] } {
  const violations: Violation[] = [];
  let imports = 0;
  for (const file of sources(root)) {
    const owner = file.split('/')[1] ?? '';
    for (const imported of importsOf(readFileSync(join(root, file), 'utf8'))) {
      imports++;
      const why = judge(owner, file, imported);
      if (why !== null) violations.push({ file, imported, why });
    }
  }
  return { imports, violations };
}

/** The packages' TypeScript sources, tests and generated code left out, relative to the root. */
export function sources(root: string): string[] {
  return packages(root).flatMap((name) => {
    const folder = resolve(root, 'packages', name, 'src');
    return readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts') && !file.startsWith('generated/'))
      .map((file) => join('packages', name, 'src', file));
  });
}

/** The TypeScript packages of the checkout. */
export function packages(root: string): string[] {
  return readdirSync(join(root, 'packages'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && readdirSync(join(root, 'packages', entry.name)).includes('package.json'))
    .map((entry) => entry.name);
}

/** All that a package reaches by following arrows. */
export function reach(owner: string): Set<string> {
  const found = new Set<string>();
  const visit = (name: string): void => {
    for (const next of ARROWS[name] ?? []) {
      if (found.has(next)) continue;
      found.add(next);
      visit(next);
    }
  };
  visit(owner);
  return found;
}
