import type { Micros, Project, Stage } from '@parallax/core';
import type { Cause } from '@parallax/reconcile';
import type { Diff } from '../mutate/edit.ts';
import type { SqlFile } from '../mutate/sql-mutants.ts';
import type { Plan } from '../recording/plan.ts';
import type { Injection } from '../run/injection.ts';

export const FAULT_KINDS = ['sql', 'data', 'pipeline', 'engine', 'alternative'] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

/** What a verdict that names the cause rightly says. The first of each is the exact answer; the others are as right. */
export interface Expected {
  readonly stages: readonly Stage[];
  /** Streams, batch sources, online sources, or one of the project's files; empty: it lies in none more than in another. */
  readonly sources: readonly string[];
  /** Classes of causes, by the names of `reason` (docs/contract.md). */
  readonly classes?: readonly Cause[];
}

/** One fault: put in alone, into a copy of the run. */
export interface Fault {
  /** Stable over runs of the same project and seed. */
  readonly id: string;
  readonly kind: FaultKind;
  /** A finer kind: the operator of a mutant, `drop`, `stale batch`, … */
  readonly family: string;
  /** What it was put into. */
  readonly target: string;
  /** The fault in a few words. */
  readonly what: string;
  readonly diff: Diff | null;
  readonly expected: Expected;
  /** The first minute that has it. */
  readonly from: Micros;
  readonly put: Put;
}

/** How a fault is put in. */
export type Put =
  | {
      readonly side: 'rules';
      readonly file: SqlFile;
      readonly sql: string;
      /** Whether Spark still runs a deployment of older files: then its iterations carry that project's hash. */
      readonly stale?: boolean;
    }
  | {
      readonly side: 'spark';
      /** The rules that it runs with: the project's, or those with columns that depend on what the project's do not. */
      readonly rules: 'project' | 'probe';
      readonly inject: (tools: FaultTools) => Promise<Injection>;
    }
  | { readonly side: 'alternative'; readonly change: (tools: FaultTools) => Promise<AlternativeChange> };

/** What is other than it should be on the alternative's side. */
export interface AlternativeChange {
  readonly project?: Project;
  readonly recording?: string;
  /** The entry of a copy of the alternative's own code with an edit. */
  readonly module?: string;
}

/** What putting a fault in may use. */
export interface FaultTools {
  readonly project: Project;
  readonly plan: Plan;
  /** The true recording. */
  readonly recording: string;
  /** A folder of the fault's own. */
  readonly folder: string;
  /** What the true run committed of a minute. */
  readonly folderOf: (minute: Micros) => string;
  /** Where the true run's batch view of a day was made. */
  readonly batchFolder: (day: string) => string;
  /** The alternative's own source, for a copy with an edit. */
  readonly alternativeSource: string;
}

export const INPUTS: readonly Stage[] = ['inputs'];

/** A family's name as part of an id. */
export function slug(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '');
}
