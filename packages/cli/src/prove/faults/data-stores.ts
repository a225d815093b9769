import {
  type BatchTable,
  formatSecond,
  MICROS_PER_HOUR,
  MICROS_PER_MINUTE,
  type Micros,
  type OnlineSource,
  type Project,
} from '@parallax/core';
import { faultMinutes, type Plan } from '../recording/plan.ts';
import type { Fault, FaultTools } from './fault.ts';
import { RecordingEdit } from './recording-edit.ts';
import { fieldOf, parsed, withField, withNumber } from './victims.ts';

/** Faults in what the batch stores gave the Spark side of the new day. */
export function batchFaults(project: Project, plan: Plan): readonly Fault[] {
  const base = project.batch
    .flatMap((s) => s.tables.map((table) => ({ source: s.name, table })))
    .find((t) => t.source === project.base.source && t.table.name === project.base.table);
  if (base === undefined) return [];
  const scored = project.batch
    .flatMap((s) => s.tables.map((table) => ({ source: s.name, table })))
    .filter((t) => t.table.scorecard && t.table !== base.table);
  const numbers = base.table.columns.filter((c) => c.type.kind === 'decimal').map((c) => c.name);
  const [first, second] = usedFirst(project, base.table, numbers);
  const text = base.table.columns.find((c) => c.type.kind === 'text')?.name;
  const faults: Fault[] = [
    onTable(plan, base, 'drop', 'one customer’s row is missing', (rows) => rows.filter((_, i) => i !== 3)),
    onTable(plan, base, 'duplicate', 'one customer’s row stands twice', (rows) => [...rows, ...rows.slice(4, 5)]),
    onTable(plan, base, 'half table', 'the second half of the table is missing', (rows) => rows.slice(0, Math.ceil(rows.length / 2))),
  ];
  if (first !== undefined) {
    faults.push(
      onTable(plan, base, 'unit change', `${first} comes in a twelfth of its unit`, (rows, at) =>
        rows.map((row) => changed(row, at(first), (v) => String(Number(v) * 12))),
      ),
    );
    faults.push(
      onTable(plan, base, 'truncated value', `${first} comes without its last digit`, (rows, at) =>
        rows.map((row) => changed(row, at(first), (v) => (/^-?\d\d/.test(v) ? v.slice(0, -1) : v))),
      ),
    );
  }
  if (first !== undefined && second !== undefined) {
    faults.push(
      onTable(plan, base, 'swapped columns', `${first} and ${second} come in each other’s place`, (rows, at) =>
        rows.map((row) =>
          row.map((cell, i) => (i === at(first) ? (row[at(second)] ?? '') : i === at(second) ? (row[at(first)] ?? '') : cell)),
        ),
      ),
    );
  }
  if (text !== undefined)
    faults.push(
      onTable(plan, base, 'text change', `${text} comes with a blank at its end`, (rows, at) =>
        rows.map((row) => changed(row, at(text), (v) => `${v} `)),
      ),
    );
  for (const each of scored.slice(0, 1).concat(scored.length > 1 ? scored.slice(-1) : [])) {
    faults.push(onTable(plan, each, 'drop', 'some customers’ rows are missing', (rows) => rows.filter((_, i) => i % 7 !== 2)));
    faults.push(
      onTable(plan, each, 'shifted columns', 'every value stands a column further', (rows) =>
        rows.map(([key = '', ...cells]) => [key, cells.at(-1) ?? '', ...cells.slice(0, -1)]),
      ),
    );
  }
  faults.push(delayedDay(project, plan), earlyDay(project, plan));
  return faults;
}

/** The columns of a table that the rules name, first. */
function usedFirst(project: Project, table: BatchTable, columns: readonly string[]): readonly string[] {
  const named = (column: string) => (project.satisfactionSql + project.actionsSql).includes(`${table.name}_${column}`);
  return [...columns.filter(named), ...columns.filter((c) => !named(c))];
}

type Row = readonly string[];

function onTable(
  plan: Plan,
  { source, table }: { readonly source: string; readonly table: BatchTable },
  family: string,
  what: string,
  change: (rows: readonly Row[], at: (column: string) => number) => readonly Row[],
): Fault {
  const inject = async ({ recording, folder }: FaultTools): Promise<{ recording: string }> => {
    const edit = new RecordingEdit(recording);
    const path = RecordingEdit.tablePath(plan.newDay.day, source, table.name);
    // The recording's own files have no cell with a comma or a quote but the empty text.
    const [head = '', ...lines] = (await edit.text(path)).trimEnd().split('\n');
    const names = head.split(',');
    const rows = change(
      lines.map((line) => line.split(',')),
      (column) => names.indexOf(column),
    );
    edit.set(path, `${[head, ...rows.map((row) => row.join(','))].join('\n')}\n`);
    await edit.write(folder, 'spark');
    return { recording: folder };
  };
  return {
    id: `data-${family.replaceAll(' ', '-')}-${source}-${table.name}`,
    kind: 'data',
    family,
    target: `${source}.${table.name} of ${plan.newDay.day}`,
    what,
    diff: null,
    expected: { stages: ['batch'], sources: [source] },
    from: plan.newDayFrom,
    put: { side: 'spark', rules: 'project', inject },
  };
}

function changed(row: Row, index: number, change: (value: string) => string): Row {
  return row.map((cell, i) => (i === index && cell !== '' && cell !== '""' ? change(cell) : cell));
}

function delayedDay(project: Project, plan: Plan): Fault {
  return dayFault(
    project,
    plan,
    'delay',
    'the new day is registered an hour later: the old one stays in use',
    plan.newDay.registered + MICROS_PER_HOUR,
  );
}

function earlyDay(project: Project, plan: Plan): Fault {
  return dayFault(project, plan, 'early', 'the new day is registered an hour early', plan.newDay.registered - MICROS_PER_HOUR);
}

function dayFault(project: Project, plan: Plan, family: string, what: string, at: Micros): Fault {
  const { source, table } = project.base;
  const inject = async ({ recording, folder }: FaultTools): Promise<{ recording: string }> => {
    const edit = new RecordingEdit(recording);
    for (const s of project.batch) {
      for (const t of s.tables)
        if (family === 'early' || (s.name === source && t.name === table))
          edit.set(RecordingEdit.markerPath(plan.newDay.day, s.name, t.name), `${formatSecond(at)}\n`);
    }
    await edit.write(folder, 'spark');
    return { recording: folder };
  };
  return {
    id: `data-${family}-day`,
    kind: 'data',
    family,
    target: `batch day ${plan.newDay.day}`,
    what,
    diff: null,
    expected: { stages: ['batch'], sources: project.batch.map((s) => s.name) },
    from: family === 'early' ? plan.faultsFrom : plan.newDayFrom,
    put: { side: 'spark', rules: 'project', inject },
  };
}

interface Call {
  readonly at: string;
  readonly ids: readonly string[];
  readonly status: number;
  readonly body: string | null;
}

/** Faults in what the bulk API answered the Spark side. */
export function onlineFaults(project: Project, plan: Plan): readonly Fault[] {
  const minutes = faultMinutes(plan).filter((minute) => !plan.missed.has(minute));
  return project.online.flatMap((source) => {
    const [field, other] = source.fields;
    const rows = (change: (row: Record<string, unknown>, i: number) => Record<string, unknown> | null) => (call: Call) =>
      withRows(source, call, change);
    const faults: [family: string, what: string, minute: number, change: (call: Call, i: number) => Call | null][] = [
      ['drop', 'one answer is lost', 0, (call, i) => (i === 0 ? null : call)],
      ['missing rows', 'some customers’ rows are missing', 1, rows((row, i) => (i % 5 === 1 ? null : row))],
      ['delay', 'one answer comes too late and counts for the next minute', 0, (call, i) => (i === 1 ? null : call)],
    ];
    if (field !== undefined) {
      faults.push([
        'unit change',
        `${field.name} comes in a tenth of its unit`,
        1,
        rows((row) => withNumber(row, field.path, (v) => v * 10)),
      ]);
      faults.push(['truncated value', `${field.name} comes as one less`, 0, rows((row) => withNumber(row, field.path, (v) => v - 1))]);
    }
    if (field !== undefined && other !== undefined) {
      faults.push([
        'swapped columns',
        `${field.name} and ${other.name} come in each other’s place`,
        3,
        rows((row) =>
          withField(withField(row, field.path, fieldOf(row, other.path) ?? null), other.path, fieldOf(row, field.path) ?? null),
        ),
      ]);
    }
    return faults.map(([family, what, at, change]) => onlineFault(plan, source, family, what, minutes[at] ?? plan.faultsFrom, change));
  });
}

function onlineFault(
  plan: Plan,
  source: OnlineSource,
  family: string,
  what: string,
  minute: Micros,
  change: (call: Call, i: number) => Call | null,
): Fault {
  const inject = async ({ recording, folder }: FaultTools): Promise<{ recording: string }> => {
    const edit = new RecordingEdit(recording);
    const path = RecordingEdit.onlinePath(minute, source.name);
    const calls = await edit.lines<Call>(path);
    edit.setLines(
      path,
      calls.flatMap((call, i) => change(call, i) ?? []),
    );
    if (family === 'delay') {
      const next = RecordingEdit.onlinePath(minute + MICROS_PER_MINUTE, source.name);
      edit.setLines(next, [...calls.slice(1, 2), ...(await edit.lines<Call>(next))]);
    }
    await edit.write(folder, 'spark');
    return { recording: folder };
  };
  return {
    id: `data-${family.replaceAll(' ', '-')}-online-${source.name}`,
    kind: 'data',
    family,
    target: `online ${source.name}`,
    what,
    diff: null,
    expected: { stages: ['online'], sources: [source.name] },
    from: plan.faultsFrom > minute ? plan.faultsFrom : minute,
    put: { side: 'spark', rules: 'project', inject },
  };
}

/** A call with other rows in its answer; one that is no answer stays as it is. */
function withRows(
  source: OnlineSource,
  call: Call,
  change: (row: Record<string, unknown>, i: number) => Record<string, unknown> | null,
): Call {
  const body = call.status === 200 ? parsed(call.body) : null;
  const rows = body === null ? null : fieldOf(body, source.rowsPath);
  if (body === null || !Array.isArray(rows)) return call;
  const changedRows = rows.flatMap((row, i) => change(row as Record<string, unknown>, i) ?? []);
  return { ...call, body: JSON.stringify(withField(body, source.rowsPath, changedRows)) };
}
