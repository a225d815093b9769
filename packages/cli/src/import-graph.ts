import { existsSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';

/** What the sources of one package reach by their imports. */
export interface ImportGraph {
  /** Files of our packages, relative to the root, sorted. */
  readonly files: readonly string[];
  /** Libraries, sorted. */
  readonly libraries: readonly string[];
  /** Modules of Node itself, sorted. */
  readonly builtins: readonly string[];
}

/**
 * Follows every import from some files: relative ones and those of our packages to their files, whatever else by name. Types count too: who
 * imports a type can import the code beside it.
 *
 * @param root the checkout
 * @param entries paths relative to it
 */
export function importGraph(root: string, entries: readonly string[]): ImportGraph {
  const files = new Set<string>();
  const libraries = new Set<string>();
  const builtins = new Set<string>();
  const open = [...entries];
  for (let file = open.pop(); file !== undefined; file = open.pop()) {
    if (files.has(file)) continue;
    files.add(file);
    for (const name of importsOf(readFileSync(join(root, file), 'utf8'))) {
      const target = resolveImport(root, file, name);
      if (target !== null) open.push(target);
      else if (name.startsWith('node:') || builtinModules.includes(name)) builtins.add(name);
      else libraries.add(/^(?:@[^/]+\/)?[^/]+/.exec(name)?.[0] ?? name);
    }
  }
  return { files: [...files].sort(), libraries: [...libraries].sort(), builtins: [...builtins].sort() };
}

/** The file of ours that an import names; null for a library. */
function resolveImport(root: string, file: string, name: string): string | null {
  if (name.startsWith('.')) return relative(root, resolve(root, dirname(file), name));
  const ours = /^@parallax\/([^/]+)(?:\/(.*))?$/.exec(name);
  if (ours === null) return null;
  const [, owner = '', path = 'index.ts'] = ours;
  const target = join('packages', owner, 'src', path);
  if (!existsSync(join(root, target))) throw new Error(`${file} imports ${name}, which is not there`);
  return target;
}

/** The module names that a source imports or exports from, and those of `import()` with a literal. */
export function importsOf(source: string): readonly string[] {
  const plain = source.replaceAll(
    /("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`)|\/\/[^\n]*|\/\*[\s\S]*?\*\//g,
    // A template of several lines, or with a value in it, is text that the source makes: its imports are another file's.
    (_match, text: string | undefined) => (text === undefined || /^`[^`]*(?:\n|\$\{)/.test(text) ? ' ' : text),
  );
  const statement = /(?:^|[;}\n])\s*(?:import|export)\b(?:[^'"`;]*?\bfrom)?\s*(['"])([^'"\n]+)\1/g;
  const dynamic = /\bimport\s*\(\s*(['"`])([^'"`\n$]+)\1/g;
  return [...plain.matchAll(statement), ...plain.matchAll(dynamic)].map((match) => match[2] ?? '');
}
