import { MICROS_PER_MINUTE, type Micros, type Project, type Stage } from '@parallax/core';
import type { InputDifference } from '../sides.ts';

/** Minutes of `last_hour`. */
const LAST_HOUR_MINUTES = 60n;

/** The inputs that were not the same on both sides, as long as they can still be seen in a minute. */
export class InputHistory {
  readonly #project: Project;
  #differences: InputDifference[] = [];

  constructor(project: Project) {
    this.#project = project;
  }

  add(minute: Micros, differences: readonly InputDifference[]): void {
    this.#differences = this.#differences.filter((each) => minute - each.minute <= this.#reach(each));
    this.#differences.push(...differences);
  }

  /** How long after its minute an input can change outputs. */
  #reach({ kind, source }: InputDifference): Micros {
    const project = this.#project;
    const coolDowns = [...project.actions.values(), project.defaultAction].map(({ coolDownUs }) => coolDownUs);
    let coolDown = 0n;
    for (const each of coolDowns) if (each > coolDown) coolDown = each;
    switch (kind) {
      case 'stream':
        return LAST_HOUR_MINUTES * MICROS_PER_MINUTE + project.maxAheadUs + project.latenessUs + coolDown;
      case 'online':
        return BigInt(project.online.find(({ name }) => name === source)?.maxAge ?? 0) * MICROS_PER_MINUTE + coolDown;
      case 'batch':
        // A day's tables are what they are as long as it is used; the comparison names it again when another day is.
        return MICROS_PER_MINUTE * 60n * 24n * 3650n;
    }
  }

  /** An input difference that explains what differs first at a stage; null when the inputs that it is made of were the same. */
  explains(minute: Micros, stage: Stage, source: string | null): InputDifference | null {
    const known = this.#differences.filter((each) => each.minute <= minute);
    const newest = (kind: InputDifference['kind'], name: string | null) =>
      known.filter((each) => each.kind === kind && (name === null || each.source === name)).at(-1) ?? null;
    switch (stage) {
      case 'inputs':
      case 'panes':
      case 'windows':
        return newest('stream', source);
      case 'batch':
        return newest('batch', source) ?? newest('batch', null);
      case 'online':
        return newest('online', source);
      case 'satisfaction':
        return null;
      case 'actions':
        return known.at(-1) ?? null;
    }
  }
}
