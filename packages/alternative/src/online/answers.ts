import type { Micros } from '@parallax/core';
import { MICROS_PER_MINUTE } from '@parallax/core';
import type { OnlineSource, Project } from '../names.ts';
import { AnswerParser } from '../parse/answer-parser.ts';
import type { OnlineCall } from '../sources/source.ts';

/** The last valid answer to a customer. */
interface Answer {
  readonly minute: Micros;
  /** Scaled integers as the source declares its fields, NaN for null; null when the answer does not name the customer. */
  readonly values: Float64Array | null;
}

/** What is known of one online source (contract, sections 7 and 10): the last valid answer wins, one up to `max_age` minutes old stands in. */
export class Answers {
  readonly source: OnlineSource;
  readonly #parser: AnswerParser;
  readonly #answers = new Map<string, Answer>();

  constructor(source: OnlineSource, keyType: Project['key']['type']) {
    this.source = source;
    this.#parser = new AnswerParser(source, keyType);
  }

  /** Takes the calls of one iteration, in the order in which they were captured; forgets what is too old to stand in. */
  async take(minute: Micros, calls: AsyncIterable<OnlineCall>): Promise<void> {
    const taken: OnlineCall[] = [];
    for await (const call of calls) if (call.status === 200 && call.body !== null) taken.push(call);
    // Equal instants stay in their order.
    taken.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
    for (const { ids, body } of taken) {
      const rows = this.#parser.parse(body as Buffer);
      if (rows === null) continue;
      for (const id of ids) this.#answers.set(id, { minute, values: rows.get(id) ?? null });
    }
    for (const [id, answer] of this.#answers) if (this.#ageAt(minute, answer) > this.source.maxAge) this.#answers.delete(id);
  }

  /** Minutes since the answer's iteration. */
  #ageAt(minute: Micros, answer: Answer): number {
    return Number((minute - answer.minute) / MICROS_PER_MINUTE);
  }

  /** The age of what is known of a customer, minutes; null when nothing is. Not older than `max_age`. */
  age(key: string, minute: Micros): number | null {
    const answer = this.#answers.get(key);
    return answer === undefined ? null : this.#ageAt(minute, answer);
  }

  /** One field of a customer as a scaled integer; null when nothing is known, or it is null. */
  value(key: string, field: number): number | null {
    const value = this.#answers.get(key)?.values?.[field];
    return value === undefined || Number.isNaN(value) ? null : value;
  }
}
