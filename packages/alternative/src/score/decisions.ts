import { createHash } from 'node:crypto';
import { formatSecond, type Micros } from '@parallax/core';
import type { Project } from '../names.ts';
import { compareUtf8 } from '../parse/text.ts';
import type { WantedAction } from './logic.ts';

/** An action that is decided (contract, section 8). */
export interface Decision extends WantedAction {
  readonly id: string;
}

/** The newest decision of a customer and action. */
export interface LastDecision {
  readonly customer: string;
  readonly action: string;
  readonly minute: Micros;
}

/** Decides each (customer, action) once within its cool-down. */
export class Decisions {
  readonly #project: Pick<Project, 'name' | 'actions' | 'defaultAction'>;
  /** Minute of the last decision, by action and key. */
  readonly #last = new Map<string, Map<string, Micros>>();

  constructor(project: Pick<Project, 'name' | 'actions' | 'defaultAction'>) {
    this.#project = project;
  }

  /** What is decided of what one customer's rows ask for, by action as UTF-8 bytes. Of an action asked for twice the least reason counts. */
  decide(key: string, minute: Micros, wanted: readonly WantedAction[]): readonly Decision[] {
    if (wanted.length === 0) return [];
    const decided: Decision[] = [];
    const sorted = [...wanted].sort((a, b) => compareUtf8(a.action, b.action) || compareReasons(a.reason, b.reason));
    for (const [index, { action, reason }] of sorted.entries()) {
      if (index > 0 && sorted[index - 1]?.action === action) continue;
      const ofAction = this.#ofAction(action);
      const last = ofAction.get(key);
      if (last !== undefined && minute - last < this.#coolDown(action)) continue;
      ofAction.set(key, minute);
      const id = createHash('sha256')
        .update(`${this.#project.name}\n${key}\n${action}\n${formatSecond(minute)}`)
        .digest('hex');
      decided.push({ action, reason, id });
    }
    return decided;
  }

  /** Takes decisions of earlier minutes over. */
  restore(last: readonly LastDecision[]): void {
    for (const { customer, action, minute } of last) this.#ofAction(action).set(customer, minute);
  }

  /** Those that can still matter. */
  last(): readonly LastDecision[] {
    return [...this.#last].flatMap(([action, byKey]) => [...byKey].map(([customer, minute]) => ({ customer, action, minute })));
  }

  /** Forgets decisions whose cool-down is over in `minute`: they change nothing any more. */
  forget(minute: Micros): void {
    for (const [action, byKey] of this.#last) {
      const coolDown = this.#coolDown(action);
      for (const [key, last] of byKey) if (minute - last >= coolDown) byKey.delete(key);
    }
  }

  #coolDown(action: string): Micros {
    return (this.#project.actions.get(action) ?? this.#project.defaultAction).coolDownUs;
  }

  #ofAction(action: string): Map<string, Micros> {
    let byKey = this.#last.get(action);
    if (byKey === undefined) {
      byKey = new Map();
      this.#last.set(action, byKey);
    }
    return byKey;
  }
}

/** A reason that is there comes before none. */
function compareReasons(a: string | null, b: string | null): number {
  if (a === null || b === null) return (a === null ? 1 : 0) - (b === null ? 1 : 0);
  return compareUtf8(a, b);
}
