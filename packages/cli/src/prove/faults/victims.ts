import type { Micros, Project, Stream, StreamVariable } from '@parallax/core';
import { LAST_HOUR_SUFFIX, streamColumn } from '@parallax/core/view-columns.ts';
import type { Random } from '../random.ts';
import type { Plan } from '../recording/plan.ts';
import { type Pools, poolsOf } from '../recording/pools.ts';
import { RecordingEdit, type StreamLine } from './recording-edit.ts';

/** Finds events whose loss or change matters: accepted ones of customers in the base. */
export class Victims {
  readonly #plan: Plan;
  readonly #pools: Pools;

  constructor(project: Project, plan: Plan) {
    this.#plan = plan;
    this.#pools = poolsOf(project);
  }

  /** Lines of well-formed events of base customers, sent once, in the order of arrival. */
  async events(edit: RecordingEdit, minute: Micros, stream: Stream): Promise<readonly StreamLine[]> {
    const base = new Set([...this.#plan.single, ...this.#plan.busy]);
    const lines = await edit.lines<StreamLine>(RecordingEdit.streamPath(minute, stream.name));
    const ids = lines.map((line) => this.#field(line, stream.eventIdPath ?? []));
    return lines.filter((line, i) => {
      const id = ids[i];
      // The ids of what the recording breaks on purpose begin otherwise.
      return (
        typeof id === 'string' &&
        id.startsWith(`${stream.name}-`) &&
        ids.indexOf(id) === ids.lastIndexOf(id) &&
        base.has(String(this.#field(line, stream.keyPath)))
      );
    });
  }

  /** One of them. Throws when there is none. */
  async one(edit: RecordingEdit, minute: Micros, stream: Stream, random: Random): Promise<StreamLine> {
    return random.pick(await this.events(edit, minute, stream));
  }

  /** A variable of the stream that the project's rules use. */
  variable(stream: Stream, random: Random, suits: (variable: StreamVariable) => boolean = () => true): StreamVariable | null {
    const used = stream.variables.filter((variable) => this.#isUsed(stream, variable) && suits(variable));
    return used.length === 0 ? null : random.pick(used);
  }

  #isUsed(stream: Stream, variable: StreamVariable): boolean {
    return variable.aggregates.some((aggregate) => {
      const column = streamColumn(stream, variable, aggregate);
      return this.#pools.used.has(column) || this.#pools.used.has(`${column}${LAST_HOUR_SUFFIX}`);
    });
  }

  #field(line: StreamLine, path: readonly string[]): unknown {
    return fieldOf(parsed(line.payload ?? null), path);
  }
}

/** The object of a payload; null when it is none. */
export function parsed(payload: string | null): Record<string, unknown> | null {
  if (payload === null || !payload.startsWith('{')) return null;
  try {
    return JSON.parse(payload) as Record<string, unknown>;
  } catch (error) {
    // What the recording broke on purpose stays as it is.
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

export function fieldOf(object: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (at, name) => (at !== null && typeof at === 'object' && name in at ? (at as Record<string, unknown>)[name] : undefined),
    object,
  );
}

/** The object with another value at a path; the same object when it has no number there. */
export function withNumber(
  object: Record<string, unknown>,
  path: readonly string[],
  change: (value: number) => number,
): Record<string, unknown> {
  const value = fieldOf(object, path);
  return typeof value === 'number' ? withField(object, path, change(value)) : object;
}

export function withField(
  object: Record<string, unknown>,
  [name = '', ...rest]: readonly string[],
  value: unknown,
): Record<string, unknown> {
  if (rest.length === 0) return { ...object, [name]: value };
  const inner = object[name];
  return {
    ...object,
    [name]: withField(typeof inner === 'object' && inner !== null ? (inner as Record<string, unknown>) : {}, rest, value),
  };
}
