/** A recording that packs many rules, with values worked out by hand from the contract's text. It runs against any side. */
import type { Case, Files } from './case.ts';
import type { Outputs } from './outputs.ts';
import { buildProject, type ProjectSpec } from './project-builder.ts';
import { type BatchDaySpec, buildRecording, instant, type Message, payload, type RecordingSpec, TEST_DAY } from './recording-builder.ts';

export interface Check {
  /** The contract's section and rule. */
  readonly rule: string;
  /** Throws when the rule does not hold. */
  readonly verify: (out: Outputs) => void;
}

export interface Scenario {
  readonly name: string;
  readonly keyName: string;
  readonly case: Case;
  readonly checks: readonly Check[];
}

export interface ScenarioSpec extends Omit<RecordingSpec, 'from' | 'batch'> {
  readonly name: string;
  /** `10:00` of the test day, or a whole time. */
  readonly from: string;
  readonly project: ProjectSpec;
  /** Files of the project that are written by hand, instead of the built ones. */
  readonly projectFiles?: Files;
  /** More files of the recording. */
  readonly recordingFiles?: Files;
  /** By default a day that is active from the start, with `base` as its only customers. */
  readonly batch?: Readonly<Record<string, BatchDaySpec>>;
  readonly base?: readonly string[];
  readonly checks: readonly Check[];
}

export function scenario(spec: ScenarioSpec): Scenario {
  const keyName = spec.project.key?.name ?? 'customer_id';
  const profile = [`${keyName},tier`, ...(spec.base ?? []).map((key) => `${key},gold`), ''].join('\n');
  const batch = spec.batch ?? { [TEST_DAY]: { tables: { 'dwh/profile': profile } } };
  return {
    name: spec.name,
    keyName,
    case: {
      project: { ...buildProject(spec.project), ...spec.projectFiles },
      recording: { ...buildRecording({ ...spec, from: instant(spec.from), batch }), ...spec.recordingFiles },
    },
    checks: spec.checks,
  };
}

/** A message in iteration `iteration` (`10:20`) whose payload is given whole. */
export function raw(iteration: string, stream: string, content: Message['payload'], partition = 0): Message {
  return { iteration: instant(iteration), stream, payload: content, partition };
}

/** A message with the usual field names; variables are source texts of JSON values. */
export function event(
  iteration: string,
  stream: string,
  key: string,
  time: string,
  id: string,
  variables: Readonly<Record<string, string>> = {},
): Message {
  return raw(iteration, stream, payload(key, time, id, variables));
}
