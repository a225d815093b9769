import { type Document, isAlias, isMap, isPair, isScalar, isSeq, LineCounter, type Node, parseDocument, visit } from 'yaml';
import type { Place } from '../errors.ts';
import { didYouMean } from './names.ts';
import type { Problems } from './problems.ts';

/** What is shared by all the values of one YAML file. */
interface YamlFile {
  readonly file: string;
  readonly lines: LineCounter;
  readonly problems: Problems;
}

/**
 * Parses one YAML 1.2 file strictly: one document, a map at its top, no anchors, aliases or tags, no key twice.
 * @returns null after reporting when the text is no such file
 */
export function readYamlMap(file: string, text: string, known: readonly string[], problems: Problems): YamlMap | null {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: false, prettyErrors: false, version: '1.2', merge: false });
  const faults = [...document.errors, ...document.warnings];
  for (const fault of faults) problems.add({ file, line: lines.linePos(fault.pos[0]).line }, `not valid YAML: ${fault.message}`);
  if (faults.length > 0) return null;
  const origin: YamlFile = { file, lines, problems };
  if (!refuseSharing(document, origin)) return null;
  return new YamlValue(origin, document.contents, '', lineOf(origin, document.contents, 1)).map(known);
}

/** Anchors and aliases make a value's place ambiguous, and let ten lines become a billion values. */
function refuseSharing(document: Document, origin: YamlFile): boolean {
  let clean = true;
  visit(document, {
    Node: (key, node, ancestors) => {
      const shared = sharing(node);
      if (shared === null) return;
      clean = false;
      const place = { file: origin.file, line: lineOf(origin, node, 1) };
      const field = fieldOf([...ancestors, node], key);
      origin.problems.add(field === '' ? place : { ...place, field }, `YAML ${shared} are not allowed here: write the value out`);
    },
  });
  return clean;
}

/** What makes the value of a node depend on more than its text, or null. */
function sharing(node: Node): string | null {
  if (isAlias(node)) return 'aliases';
  if ('anchor' in node && node.anchor !== undefined) return 'anchors';
  return node.tag !== undefined && !/^tag:yaml\.org,2002:(?:str|int|float|bool|null|map|seq)$/.test(node.tag) ? 'tags' : null;
}

/** The dotted path of the node that `nodes` lead to from the document; `last` is its place in the innermost collection. */
function fieldOf(nodes: readonly unknown[], last: unknown): string {
  return nodes.reduce<string>((path, node, i) => {
    const parent = nodes[i - 1];
    if (isPair(node)) return `${path}${path === '' ? '' : '.'}${isScalar(node.key) ? String(node.key.value) : '?'}`;
    if (isSeq(parent)) return `${path}[${i === nodes.length - 1 ? String(last) : parent.items.indexOf(node)}]`;
    return path;
  }, '');
}

function lineOf(origin: YamlFile, node: unknown, otherwise: number): number {
  if ((isScalar(node) || isMap(node) || isSeq(node) || isAlias(node)) && node.range) return origin.lines.linePos(node.range[0]).line;
  return otherwise;
}

/** One value of a YAML file and where it stands. The readers report a wrong type and return null. */
export class YamlValue {
  readonly #origin: YamlFile;
  readonly #node: unknown;
  readonly path: string;
  readonly line: number;

  constructor(origin: YamlFile, node: unknown, path: string, line: number) {
    this.#origin = origin;
    this.#node = node;
    this.path = path;
    this.line = line;
  }

  get place(): Place {
    return { file: this.#origin.file, line: this.line, ...(this.path === '' ? {} : { field: this.path }) };
  }

  problem(message: string): void {
    this.#origin.problems.add(this.place, message);
  }

  get isNothing(): boolean {
    return this.#node === null || (isScalar(this.#node) && this.#node.value === null);
  }

  /** A scalar as the text that stands in the file, a list or map as JSON. */
  settingText(): string | null {
    return isSeq(this.#node) || isMap(this.#node) ? JSON.stringify(this.#node) : this.scalarText();
  }

  /** A text; a number or boolean without quotes is a wrong type. */
  text(): string | null {
    if (isScalar(this.#node) && typeof this.#node.value === 'string') return this.#node.value;
    return this.#wrong('a text');
  }

  /** Whether the value is just this text; reports nothing. */
  isText(text: string): boolean {
    return isScalar(this.#node) && this.#node.value === text;
  }

  /** A text, number or boolean, as the text that stands in the file. */
  scalarText(): string | null {
    if (isScalar(this.#node) && this.#node.value !== null) {
      return typeof this.#node.value === 'string' ? this.#node.value : (this.#node.source ?? String(this.#node.value));
    }
    return this.#wrong('a text or number');
  }

  boolean(): boolean | null {
    if (isScalar(this.#node) && typeof this.#node.value === 'boolean') return this.#node.value;
    return this.#wrong('true or false');
  }

  /** A whole number written as one, `low` to `high`. */
  integer(low: number, high: number): number | null {
    const node = this.#node;
    if (!isScalar(node) || typeof node.value !== 'number' || !/^[+-]?\d+$/.test(node.source ?? '')) {
      return this.#wrong(`a whole number from ${low} to ${high}`);
    }
    if (node.value >= low && node.value <= high) return node.value;
    this.problem(`expected a whole number from ${low} to ${high}, found ${node.source}`);
    return null;
  }

  /** One of `values`. */
  oneOf<T extends string>(values: readonly T[]): T | null {
    const node = this.#node;
    const choices = values.join(', ');
    if (!isScalar(node) || typeof node.value !== 'string') return this.#wrong(`one of ${choices}`);
    const found = values.find((value) => value === node.value);
    if (found !== undefined) return found;
    this.problem(`expected one of ${choices}, found "${node.value}"${didYouMean(node.value, values)}`);
    return null;
  }

  /** The values of a list. */
  list(): readonly YamlValue[] | null {
    if (!isSeq(this.#node)) return this.#wrong('a list');
    return this.#node.items.map(
      (item, i) => new YamlValue(this.#origin, item, `${this.path}[${i}]`, lineOf(this.#origin, item, this.line)),
    );
  }

  /** A map with no other keys than `known` (null: any keys). Unknown keys and repeated ones are reported. */
  map(known: readonly string[] | null): YamlMap | null {
    if (!isMap(this.#node)) return this.#wrong('a map of fields');
    const entries = new Map<string, YamlValue>();
    let unknown = false;
    for (const { key, value } of this.#node.items) {
      const line = lineOf(this.#origin, key, this.line);
      if (!isScalar(key) || typeof key.value !== 'string') {
        new YamlValue(this.#origin, key, this.path, line).problem('a field has a name that is a text');
        continue;
      }
      const path = this.path === '' ? key.value : `${this.path}.${key.value}`;
      const entry = new YamlValue(this.#origin, value, path, line);
      const atKey: Place = { file: this.#origin.file, line, field: path };
      if (known !== null && !known.includes(key.value)) {
        unknown = true;
        this.#origin.problems.add(atKey, `unknown field "${key.value}"${didYouMean(key.value, known)}; known here: ${known.join(', ')}`);
      } else if (entries.has(key.value)) {
        this.#origin.problems.add(atKey, `the field "${key.value}" stands here twice`);
      } else {
        entries.set(key.value, entry);
      }
    }
    return new YamlMap(this, entries, unknown, this.#origin);
  }

  #wrong(expected: string): null {
    this.problem(`expected ${expected}, found ${describe(this.#node)}`);
    return null;
  }
}

/** A map of a YAML file, its fields read by name. */
export class YamlMap {
  readonly value: YamlValue;
  /** Whether a field was refused as unknown, so that what it meant is not missing. */
  readonly hasUnknown: boolean;
  readonly #entries: ReadonlyMap<string, YamlValue>;
  readonly #origin: YamlFile;

  constructor(value: YamlValue, entries: ReadonlyMap<string, YamlValue>, hasUnknown: boolean, origin: YamlFile) {
    this.value = value;
    this.hasUnknown = hasUnknown;
    this.#entries = entries;
    this.#origin = origin;
  }

  get entries(): ReadonlyMap<string, YamlValue> {
    return this.#entries;
  }

  /** A field that is there; one with nothing behind its colon is not. */
  optional(name: string): YamlValue | null {
    const entry = this.#entries.get(name);
    return entry === undefined || entry.isNothing ? null : entry;
  }

  /** Reports a field that is not there. */
  required(name: string): YamlValue | null {
    const entry = this.#entries.get(name);
    if (entry !== undefined) return entry;
    const path = this.value.path === '' ? name : `${this.value.path}.${name}`;
    this.#origin.problems.add({ file: this.#origin.file, line: this.value.line, field: path }, `the field "${name}" is missing`);
    return null;
  }
}

function describe(node: unknown): string {
  if (isMap(node)) return 'a map';
  if (isSeq(node)) return 'a list';
  if (!isScalar(node) || node.value === null) return 'nothing';
  if (typeof node.value === 'string') return `the text "${node.value.slice(0, 40)}"`;
  if (typeof node.value === 'boolean') return `${node.value} (put it in quotes if a text is meant)`;
  return `the number ${node.source ?? String(node.value)} (put it in quotes if a text is meant)`;
}
