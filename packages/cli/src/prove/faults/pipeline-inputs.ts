import { MICROS_PER_MINUTE, type Micros, type Project } from '@parallax/core';
import type { MinuteSource } from '@parallax/pipeline';
import { packedSql } from '@parallax/pipeline/ingest/slices.ts';
import type { SparkSession } from '@parallax/spark-connect';
import { faultMinutes, type Plan } from '../recording/plan.ts';
import { changedFiles, type Injection, type Touched } from '../run/injection.ts';
import { type Expected, type Fault, INPUTS } from './fault.ts';
import { onlyIn } from './statements.ts';

/** The query that gives a stream's messages of a minute, and that of the minute after it; null when it brings none. */
interface Around {
  readonly here: string;
  readonly next: string | null;
  readonly before: string | null;
}

/** One mistake in reading a stream's part of a seal: which messages Spark reads in which minute. */
interface Misread {
  readonly family: string;
  readonly what: string;
  /** The query in the fault's minute. */
  readonly here: (around: Around) => string;
  /** The query in the minute after; without it that minute is as it should be. */
  readonly after?: (around: Around) => string;
}

/** The messages of one partition but its newest, or its oldest. */
const END = (query: string, end: 'max' | 'min') => `(SELECT ${end}(offset) FROM (${query}) WHERE partition = 0)`;
const COLUMNS = 'partition, offset, message_id, payload';

const MISREADS: readonly Misread[] = [
  {
    family: 'offset -1',
    what: 'the last offset of a partition is never read',
    here: ({ here }) => `SELECT ${COLUMNS} FROM (${here}) WHERE NOT (partition = 0 AND offset = ${END(here, 'max')})`,
  },
  {
    family: 'offset -1, carried',
    what: 'the last offset of a partition is read a minute late',
    here: ({ here }) => `SELECT ${COLUMNS} FROM (${here}) WHERE NOT (partition = 0 AND offset = ${END(here, 'max')})`,
    after: ({ here, before }) =>
      before === null
        ? here
        : `SELECT ${COLUMNS} FROM (${here}) UNION ALL SELECT ${COLUMNS} FROM (${before}) WHERE partition = 0 AND offset = ${END(before, 'max')}`,
  },
  {
    family: 'offset +1',
    what: 'the first offset of the next minute is read already, and again then',
    here: ({ here, next }) =>
      next === null
        ? here
        : `SELECT ${COLUMNS} FROM (${here}) UNION ALL SELECT ${COLUMNS} FROM (${next}) WHERE partition = 0 AND offset = ${END(next, 'min')}`,
  },
  {
    family: 'offset +1, moved',
    what: 'the first offset of the next minute is read already, and not then',
    here: ({ here, next }) =>
      next === null
        ? here
        : `SELECT ${COLUMNS} FROM (${here}) UNION ALL SELECT ${COLUMNS} FROM (${next}) WHERE partition = 0 AND offset = ${END(next, 'min')}`,
    after: ({ here }) => `SELECT ${COLUMNS} FROM (${here}) WHERE NOT (partition = 0 AND offset = ${END(here, 'min')})`,
  },
  {
    family: 'range twice',
    what: 'a partition is read twice',
    here: ({ here }) => `SELECT ${COLUMNS} FROM (${here}) UNION ALL SELECT ${COLUMNS} FROM (${here}) WHERE partition = 1`,
  },
  {
    family: 'restart gap',
    what: 'after a restart a partition begins at the next minute',
    here: ({ here }) => `SELECT ${COLUMNS} FROM (${here}) WHERE partition <> 1`,
  },
  {
    family: 'restart gap, whole',
    what: 'after a restart the stream begins at the next minute',
    here: ({ here }) => `SELECT ${COLUMNS} FROM (${here}) WHERE false`,
  },
];

/** Faults in which messages of a stream are read in which minute. */
export function misreadFaults(project: Project, plan: Plan): readonly Fault[] {
  const minutes = faultMinutes(plan);
  return MISREADS.map((misread, f): Fault => {
    const stream = project.streams[f % project.streams.length];
    if (stream === undefined) throw new RangeError('a project has a stream');
    const from = minutes[(f * 2 + 1) % Math.max(1, minutes.length - 3)] ?? plan.faultsFrom;
    return {
      id: `pipeline-${misread.family.replaceAll(/[^a-z0-9+-]+/g, '-')}-${stream.name}`,
      kind: 'pipeline',
      family: misread.family,
      target: `stream ${stream.name}`,
      what: misread.what,
      diff: null,
      expected: { stages: INPUTS, sources: [stream.name] },
      from,
      put: {
        side: 'spark',
        rules: 'project',
        inject: async () => ({ source: (source, touched) => misreading(source, touched, stream.name, from, misread) }),
      },
    };
  });
}

function misreading(source: MinuteSource, touched: Touched, name: string, from: Micros, misread: Misread): MinuteSource {
  const query = async (session: SparkSession, minute: Micros): Promise<string | null> => {
    const { streams } = await source.seal(minute);
    const part = streams.find((s) => s.stream === name);
    return part === undefined ? null : source.messages(session, minute, part);
  };
  const messages: MinuteSource['messages'] = async (session, minute, stream) => {
    const here = await source.messages(session, minute, stream);
    const change = minute === from ? misread.here : minute === from + MICROS_PER_MINUTE ? misread.after : undefined;
    if (stream.stream !== name || here === null || change === undefined) return here;
    const around = {
      here,
      next: await query(session, minute + MICROS_PER_MINUTE),
      before: await query(session, minute - MICROS_PER_MINUTE),
    };
    return touched.changed(here, change(around));
  };
  return {
    ...source,
    messages,
    async packed(session, minute, stream, spec) {
      const read = await messages(session, minute, stream);
      return read === null ? null : packedSql(read, spec);
    },
  };
}

/** Faults in what is accepted: lateness, earliness, and the memory of ids. */
export function acceptFaults(project: Project, plan: Plan): readonly Fault[] {
  const streams = project.streams.map((s) => s.name);
  const fault = (family: string, what: string, injection: Injection, expected: Expected = { stages: INPUTS, sources: streams }): Fault => ({
    id: `pipeline-${family.replaceAll(' ', '-')}`,
    kind: 'pipeline',
    family,
    target: 'accept',
    what,
    diff: null,
    expected,
    from: plan.faultsFrom,
    put: { side: 'spark', rules: 'project', inject: async () => injection },
  });
  const late = (minute: Micros) => `"late":"${minute - project.latenessUs}"`;
  const ahead = (minute: Micros) => `"ahead":"${minute + MICROS_PER_MINUTE + project.maxAheadUs}"`;
  const moved = (text: string, by: Micros) => text.replace(/\d+/, (micros) => String(BigInt(micros) + by));
  const sooner = (text: string) => moved(text, MICROS_PER_MINUTE);
  const later = (text: string) => moved(text, -MICROS_PER_MINUTE);
  return [
    fault('lateness +1', 'events are late a minute too late', {
      statement: (sql, minute) => onlyIn(sql, 'prlx_event(', () => sql.replaceAll(late(minute), later(late(minute)))),
    }),
    fault('lateness -1', 'events are late a minute too early', {
      statement: (sql, minute) => onlyIn(sql, 'prlx_event(', () => sql.replaceAll(late(minute), sooner(late(minute)))),
    }),
    fault('max_ahead +1', 'events are ahead a minute too late', {
      statement: (sql, minute) => onlyIn(sql, 'prlx_event(', () => sql.replaceAll(ahead(minute), sooner(ahead(minute)))),
    }),
    fault('ids forgotten', 'after a restart the ids of earlier minutes are forgotten: a duplicate is an event again', {
      relation: changedFiles((name, source, minute) =>
        name === 'prlx_claimed_before' && minute > plan.faultsFrom ? { ...source, paths: source.paths?.slice(-1) ?? [] } : source,
      ),
    }),
  ];
}
