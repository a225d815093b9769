import type { Aggregate } from '@parallax/core';

/** A kind of trouble in the story (see `incidents.ts`). */
export type Trouble = 'outage' | 'billing' | 'backlog';

/**
 * One declared variable of a stream and how its value is made.
 * `base`, `spread`, `low`, `high` and the effects are integers in units of 10^-places, as everywhere in Parallax.
 * A value is `base + noise in [0, spread) + severity × effect`, clamped to `[low, high]`.
 */
export interface SimVariable {
  readonly name: string;
  /** Dotted path into the message, as declared in the project. */
  readonly field: string;
  readonly places: number;
  readonly unit: string;
  readonly aggregates: readonly Aggregate[];
  readonly base: number;
  readonly spread: number;
  readonly low: number;
  readonly high: number;
  /** What one customer at full severity adds. */
  readonly effects: Readonly<Partial<Record<Trouble, number>>>;
}

export interface SimStream {
  readonly name: string;
  /** Kafka topic, or AMQP address. */
  readonly destination: string;
  readonly transport: 'kafka' | 'amqp';
  /** First characters of each event id. */
  readonly idPrefix: string;
  /** Share of the total rate, in thousandths; the three streams add up to 1,000. */
  readonly sharePerMille: number;
  /** Length of the undeclared free text that makes a message as long as real ones are, in characters. */
  readonly ballast: { readonly field: string; readonly min: number; readonly max: number };
  readonly variables: readonly SimVariable[];
  /** Headings for the generated YAML: the first path segment to a sentence. */
  readonly groups: Readonly<Record<string, string>>;
}

interface Shape {
  readonly low?: number;
  readonly high?: number;
  readonly outage?: number;
  readonly billing?: number;
  readonly backlog?: number;
}

/** A row of a catalogue, short enough to be read as a table. */
export function variable(
  name: string,
  field: string,
  places: number,
  unit: string,
  aggregates: string,
  base: number,
  spread: number,
  shape: Shape = {},
): SimVariable {
  const { low = 0, high = Number.MAX_SAFE_INTEGER, ...effects } = shape;
  return { name, field, places, unit, aggregates: aggregates.split(' ') as Aggregate[], base, spread, low, high, effects };
}
