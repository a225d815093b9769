import { floorTo, MICROS_PER_MINUTE, type Micros, type Project } from '@parallax/core';
import { REMEMBERED_MESSAGES_MAX } from '../limits.ts';
import type { InputDifference, SparkBatch } from '../sides.ts';
import type { MessageDifference } from './message-differences.ts';
import type { Cause } from './reasons.ts';

/** Minutes of `last_hour`. */
const LAST_HOUR_MINUTES = 60n;

/** A message that the sides did not treat alike, and whether that is because they were given different inputs. */
export interface Remembered extends MessageDifference {
  readonly divergence: boolean;
}

/** The batch days that the sides use in a minute; null: none. */
export interface DaysInUse {
  readonly spark: Pick<SparkBatch, 'day' | 'version'> | null;
  readonly alternative: string | null;
}

/** An input that differed; of a batch source with the day that it is of, and Spark's version of it where it is the one that was in use. */
interface RememberedInput extends InputDifference {
  readonly version?: string;
}

/** Why a decision of a customer and action differed. */
export interface DecisionCause {
  readonly minute: Micros;
  readonly divergence: boolean;
  readonly cause: Cause;
  readonly stage: 'inputs' | 'panes' | 'windows' | 'batch' | 'online' | 'satisfaction' | 'actions';
  readonly source: string | null;
}

interface RememberedDecision {
  readonly until: Micros;
  readonly why: DecisionCause;
}

/** A memory that can be written down. */
export interface Kept {
  readonly inputs: readonly RememberedInput[];
  readonly messages: readonly (readonly [string, readonly Remembered[]])[];
  readonly decisions: readonly (readonly [string, RememberedDecision])[];
}

const NOTHING: Kept = { inputs: [], messages: [], decisions: [] };

/**
 * What differed in earlier minutes and can still be seen: an event stays in windows for an hour, an answer stands in for `max_age`, a decision keeps
 * its action from being decided again for its cool-down.
 */
export class Memory {
  readonly #project: Project;
  #inputs: RememberedInput[] = [];
  #days: DaysInUse = { spark: null, alternative: null };
  /** By stream and customer. */
  readonly #messages = new Map<string, Remembered[]>();
  #size = 0;
  /** By customer and action. */
  readonly #decisions = new Map<string, RememberedDecision>();

  constructor(project: Project, kept: Kept = NOTHING) {
    this.#project = project;
    this.#inputs = [...kept.inputs];
    for (const [key, list] of kept.messages) {
      this.#messages.set(key, [...list]);
      this.#size += list.length;
    }
    for (const [key, decision] of kept.decisions) this.#decisions.set(key, decision);
  }

  /** All that is remembered; null: nothing. */
  kept(): Kept | null {
    if (this.#inputs.length + this.#messages.size + this.#decisions.size === 0) return null;
    return { inputs: this.#inputs, messages: [...this.#messages], decisions: [...this.#decisions] };
  }

  /** Begins a minute: what cannot be seen any more is forgotten. */
  begin(minute: Micros, inputs: readonly InputDifference[], days: DaysInUse): void {
    this.#days = days;
    for (const each of inputs) this.#add(this.#withDay(each));
    this.#inputs = this.#inputs.filter((each) => (each.kind === 'batch' ? !this.#isOver(each) : minute - each.minute <= this.#reach(each)));
    const oldest = minute - LAST_HOUR_MINUTES * MICROS_PER_MINUTE;
    for (const [key, list] of this.#messages) {
      const kept = list.filter(({ time, minute: seen }) => (time === null ? seen > oldest : floorTo(time, MICROS_PER_MINUTE) > oldest));
      this.#size -= list.length - kept.length;
      if (kept.length === 0) this.#messages.delete(key);
      else this.#messages.set(key, kept);
    }
    for (const [key, { until }] of this.#decisions) if (until <= minute) this.#decisions.delete(key);
  }

  #reach({ kind, source }: InputDifference): Micros {
    const { latenessUs, maxAheadUs, online } = this.#project;
    if (kind === 'stream') return LAST_HOUR_MINUTES * MICROS_PER_MINUTE + latenessUs + maxAheadUs;
    return BigInt(online.find(({ name }) => name === source)?.maxAge ?? 0) * MICROS_PER_MINUTE;
  }

  /** Of a batch table that is found to differ minute after minute the first time is enough. */
  #add(input: RememberedInput): void {
    const { kind, source, table, day, version } = input;
    const isKnown = (each: RememberedInput) =>
      each.kind === kind && each.source === source && each.table === table && each.day === day && each.version === version;
    if (kind !== 'batch' || !this.#inputs.some(isKnown)) this.#inputs.push(input);
  }

  /** What was found of the day in use is of Spark's version of it. */
  #withDay(input: InputDifference): RememberedInput {
    const { spark } = this.#days;
    if (input.kind !== 'batch' || input.day != null || spark === null) return input;
    return { ...input, day: spark.day, version: spark.version };
  }

  /** A day's tables are what they are as long as the day is used: one that both sides have left behind explains nothing any more. */
  #isOver({ day }: RememberedInput): boolean {
    const { spark, alternative } = this.#days;
    return (day ?? '') < (spark?.day ?? '') && (day ?? '') < (alternative ?? '');
  }

  /** The newest input of one kind that differed; of any source when `source` is null. Of batch sources only those of the days, and Spark's version, in use. */
  input(kind: InputDifference['kind'], source: string | null): InputDifference | null {
    const is = (each: RememberedInput) => each.kind === kind && (source === null || each.source === source) && this.#isInUse(each);
    return this.#inputs.findLast(is) ?? null;
  }

  #isInUse({ kind, day, version }: RememberedInput): boolean {
    if (kind !== 'batch') return true;
    const { spark, alternative } = this.#days;
    const [of, ours] = [day ?? null, spark?.day ?? null];
    if (version !== undefined) return of === ours && version === spark?.version;
    return of === ours || of === alternative;
  }

  /** Whether what a stream was given in this very minute differs. */
  inputNow(minute: Micros, stream: string): boolean {
    return this.#inputs.some((each) => each.kind === 'stream' && each.minute === minute && each.source === stream);
  }

  /** Remembers a message; of one that came in another minute on the other side, that is the cause. */
  message(difference: MessageDifference, divergence: boolean): Remembered {
    const before = this.messages(difference.stream, difference.customer).find(
      (each) => each.id !== null && each.id === difference.id && each.oneSided && each.minute !== difference.minute,
    );
    const moved = difference.oneSided && before !== undefined && before.spark !== difference.spark;
    const remembered: Remembered = { ...difference, divergence, cause: moved ? 'wrong_minute' : difference.cause };
    if (this.#size < REMEMBERED_MESSAGES_MAX) {
      const key = `${difference.stream}\n${difference.customer ?? ''}`;
      this.#messages.set(key, [...(this.#messages.get(key) ?? []), remembered]);
      this.#size++;
    }
    return remembered;
  }

  messages(stream: number, customer: string | null): readonly Remembered[] {
    return this.#messages.get(`${stream}\n${customer ?? ''}`) ?? [];
  }

  /** A decision that differs: for its cool-down the next one may, too. */
  decision(customer: string, action: string, why: DecisionCause): void {
    const { coolDownUs } = this.#project.actions.get(action) ?? this.#project.defaultAction;
    this.#decisions.set(decisionKey(customer, action), { until: why.minute + coolDownUs, why });
  }

  /** Why an earlier decision of this customer and action differed; null when none did. */
  decisionCause(customer: string, action: string): DecisionCause | null {
    return this.#decisions.get(decisionKey(customer, action))?.why ?? null;
  }
}

function decisionKey(customer: string, action: string): string {
  return `${customer}\n${action}`;
}
