import type { InputFinding, InputFindingKind, Micros, Project } from '@parallax/core';
import type { InputComparison, InputDifference } from '@parallax/reconcile';

const KINDS: Readonly<Record<InputFindingKind, InputDifference['kind'] | null>> = {
  range_gap: 'stream',
  range_overlap: 'stream',
  cut_off: 'stream',
  partition: 'stream',
  topic_replaced: 'stream',
  lost: 'stream',
  one_side_only: 'stream',
  before_queue: null,
  payload: 'stream',
  batch_stale: 'batch',
  batch_incomplete: 'batch',
  batch_overwritten: 'batch',
  capture: 'online',
  not_asked: 'online',
  online_skew: 'online',
  manifest: null,
};

/** What the alternative found at its inputs, as the comparison asks for it: which sources were not the same on both sides. */
export class LiveInputs implements InputComparison {
  readonly #project: Project;
  #minute: Micros | null = null;
  #findings: readonly InputFinding[] = [];

  constructor(project: Project) {
    this.#project = project;
  }

  /** What was found in the minute that is compared next. */
  set(minute: Micros, findings: readonly InputFinding[]): void {
    this.#minute = minute;
    this.#findings = findings;
  }

  async differences(minute: Micros): Promise<readonly InputDifference[]> {
    if (minute !== this.#minute) return [];
    return this.#findings.flatMap(({ kind, source }): InputDifference[] => {
      const of = KINDS[kind];
      if (of === null) return [];
      const sources = source !== null ? [source] : of === 'batch' ? this.#project.batch.map(({ name }) => name) : [];
      return sources.map((each) => ({ kind: of, minute, source: each, table: null }));
    });
  }
}
