import type { FieldPath } from '@parallax/core';

/** What stands at a declared path. A text's range is what is between its quotes; `escaped` has escapes in it. */
export const TOKEN = { absent: 0, null: 1, number: 2, text: 3, escaped: 4, boolean: 5, object: 6, array: 7 } as const;

/** One name on the way to declared fields. `leaf` is its own field, −1 when none; its subtree's fields are `[first, end)`. */
export class ShapeNode {
  readonly leaf: number;
  readonly first: number;
  readonly end: number;
  readonly #names: Buffer[] = [];
  readonly #nodes: ShapeNode[] = [];
  readonly #hashes: number[] = [];
  /** Indices + 1 of the children by hash, open addressing; 0 is free. */
  readonly #table: Int32Array;

  constructor(leaf: number, first: number, end: number, children: ReadonlyMap<string, ShapeNode>) {
    this.leaf = leaf;
    this.first = first;
    this.end = end;
    let size = 2;
    while (size < children.size * 4) size *= 2;
    this.#table = new Int32Array(size);
    for (const [name, node] of children) {
      const bytes = Buffer.from(name);
      const hash = hashName(bytes, 0, bytes.length);
      let at = hash & (size - 1);
      while (this.#table[at] !== 0) at = (at + 1) & (size - 1);
      this.#names.push(bytes);
      this.#nodes.push(node);
      this.#table[at] = this.#hashes.push(hash);
    }
  }

  get isParent(): boolean {
    return this.#nodes.length > 0;
  }

  /** The child whose name is those bytes, given their `hashName`; null when it is not declared. */
  find(bytes: Uint8Array, start: number, end: number, hash: number): ShapeNode | null {
    const mask = this.#table.length - 1;
    for (let at = hash & mask; ; at = (at + 1) & mask) {
      const index = (this.#table[at] as number) - 1;
      if (index < 0) return null;
      if (this.#hashes[index] === hash && sameBytes(this.#names[index] as Buffer, bytes, start, end))
        return this.#nodes[index] as ShapeNode;
    }
  }
}

export function hashName(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0;
  for (let i = start; i < end; i++) hash = (Math.imul(hash, 31) + (bytes[i] as number)) | 0;
  return hash;
}

function sameBytes(name: Buffer, bytes: Uint8Array, start: number, end: number): boolean {
  if (name.length !== end - start) return false;
  for (let i = 0; i < name.length; i++) if (name[i] !== bytes[start + i]) return false;
  return true;
}

/** The declared paths of one kind of object, and where a scan puts what it finds there. */
export interface Shape {
  readonly root: ShapeNode;
  /** Number of different paths. */
  readonly fields: number;
  /** The field of each path given to `shapeOf`; equal paths share one. */
  readonly fieldOf: readonly number[];
}

interface Draft {
  path: boolean;
  readonly children: Map<string, Draft>;
}

/** Compiles paths. Fields are numbered so that those under one name are neighbours. */
export function shapeOf(paths: readonly FieldPath[]): Shape {
  const root: Draft = { path: false, children: new Map() };
  for (const path of paths) {
    let here = root;
    for (const name of path) {
      let next = here.children.get(name);
      if (next === undefined) {
        next = { path: false, children: new Map() };
        here.children.set(name, next);
      }
      here = next;
    }
    here.path = true;
  }
  const numbers = new Map<string, number>();
  const compile = (draft: Draft, path: FieldPath): ShapeNode => {
    const first = numbers.size;
    if (draft.path) numbers.set(JSON.stringify(path), first);
    const children = new Map([...draft.children].map(([name, child]) => [name, compile(child, [...path, name])] as const));
    return new ShapeNode(draft.path ? first : -1, first, numbers.size, children);
  };
  const compiled = compile(root, []);
  return { root: compiled, fields: numbers.size, fieldOf: paths.map((path) => numbers.get(JSON.stringify(path)) ?? -1) };
}

/** What one scan found at each field of a shape. */
export class Captures {
  readonly kinds: Uint8Array;
  readonly starts: Int32Array;
  readonly ends: Int32Array;

  constructor(fields: number) {
    this.kinds = new Uint8Array(fields);
    this.starts = new Int32Array(fields);
    this.ends = new Int32Array(fields);
  }
}
