import type { KeyType, Micros, OnlineSource, Project, ScorecardEntry, Stream, Transform } from '@parallax/core';

/**
 * The constant JSON arguments of the functions in `packages/spark-functions`: what a stream, a source or a scorecard
 * declares, as those functions read it. Their README is the reference for the shapes.
 */

/** Which event times an iteration takes: late before the first, ahead from the second on. Microseconds. */
export interface EventBounds {
  readonly late: Micros;
  readonly ahead: Micros;
}

/** For `prlx_event`: key, time, id and variables of one stream, and the bounds of a minute. */
export function eventSpec(stream: Stream, index: number, keyType: KeyType, buckets: number, bounds: EventBounds): string {
  return JSON.stringify({
    stream: index,
    buckets,
    late: String(bounds.late),
    ahead: String(bounds.ahead),
    key: { type: keyType, path: stream.keyPath },
    time: { path: stream.time.path, format: stream.time.format },
    id: stream.eventIdPath === null ? null : { path: stream.eventIdPath },
    variables: stream.variables.map((v) => ({ path: v.path, places: v.places })),
  });
}

/** For `prlx_claim`. */
export function claimSpec(buckets: number): string {
  return JSON.stringify({ buckets });
}

/** For `prlx_panes`, `prlx_windows` and `prlx_turn`: the declared aggregates of every stream. */
export function windowSpec(project: Project): string {
  return JSON.stringify({ streams: streamSpecs(project) });
}

/** One column that a function of class `Rows` unpacks. `places` null: a count. */
export interface RowColumn {
  readonly window: 'hour' | 'last';
  readonly stream: number;
  readonly variable: number;
  readonly aggregate: string;
  readonly places: number | null;
}

/** For functions of class `Rows`, whose decimals have at most `digits`. */
export function rowsSpec(project: Project, columns: readonly RowColumn[], digits: number): string {
  return JSON.stringify({ streams: streamSpecs(project), digits, columns });
}

/** Which columns of a batch row a row of class `MemberRows` shows, of all that the batch row holds: its cells, and sums by module, the total after the last. */
export interface BatchColumnsSpec {
  readonly cells: readonly { readonly places: number | null; readonly skip: boolean }[];
  readonly modules: number;
  readonly sums: readonly { readonly module: number }[];
}

/** For functions of class `MemberRows`: columns of the windows, of the batch rows, and every field of the online sources. */
export function membersSpec(project: Project, stream: readonly RowColumn[], batch: BatchColumnsSpec, digits: number): string {
  const windows = JSON.parse(rowsSpec(project, stream, digits)) as object;
  const online = project.online.map(({ fields }) => ({ fields: fields.map(({ places }) => ({ places })) }));
  return JSON.stringify({ ...windows, batch, online, base: project.population === 'base' });
}

function streamSpecs(project: Project): object[] {
  return project.streams.map((stream) => ({ variables: stream.variables.map((v) => ({ places: v.places, aggregates: v.aggregates })) }));
}

/** For `prlx_asked` and `prlx_answers`: where rows, key and fields of a bulk answer stand. */
export function answerSpec(source: OnlineSource, keyType: KeyType, buckets: number): string {
  return JSON.stringify({
    buckets,
    rows: source.rowsPath,
    key: { type: keyType, path: source.keyPath },
    fields: source.fields.map((f) => ({ path: f.path, places: f.places })),
  });
}

/** The scorecard's modules in the order of their names' UTF-8 bytes. */
export function scorecardModules(project: Project): readonly string[] {
  const names = new Set(project.scorecard.map((entry) => entry.module));
  return [...names].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}

/** One line of the scorecard, as the functions of the batch layer read it. */
export function entrySpec(entry: ScorecardEntry, module: number): object {
  return {
    module,
    transforms: entry.transforms.map(transformSpec),
    weight: decimalText(entry.weight),
    missing_as: entry.missingAs === null ? null : decimalText(entry.missingAs),
  };
}

function transformSpec(transform: Transform): object {
  switch (transform.kind) {
    case 'linear':
      return { kind: 'linear', center: decimalText(transform.center), scale: decimalText(transform.scale) };
    case 'cap':
      return { kind: 'cap', low: decimalText(transform.low), high: decimalText(transform.high) };
    case 'bin':
      return {
        kind: 'bin',
        edges: transform.edges.map((e) => ({ below: e.below === null ? null : decimalText(e.below), value: decimalText(e.value) })),
      };
    case 'flag':
      return { kind: 'flag', value: decimalText(transform.value) };
  }
}

/** The exact decimal as text, with `scale` places. */
export function decimalText(value: { unscaled: bigint; scale: number }): string {
  const negative = value.unscaled < 0n;
  const digits = (negative ? -value.unscaled : value.unscaled).toString().padStart(value.scale + 1, '0');
  const whole = digits.slice(0, digits.length - value.scale);
  const fraction = value.scale === 0 ? '' : `.${digits.slice(digits.length - value.scale)}`;
  return `${negative ? '-' : ''}${whole}${fraction}`;
}
