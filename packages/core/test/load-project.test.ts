import { describe, expect, test } from 'vitest';
import { loadProject, missingSources, ProjectError, requireSources } from '../src/load-project.ts';
import { load, problemsOf, refusals, withProject } from './project-folder.ts';

const MAXIMAL = {
  'parallax.yaml': `
name: "Telco 1"
key: { name: customer_id, type: bigint }
base: my-dwh.profile
lateness: 0s
max_ahead: 500ms
grace: 3s
settle: 1h
batch_max_age: 7d
population: touched
gate: { wait: 30s, valid_for: 10m }
actions:
  retention_call: { cool_down: 2h, wait: 5s, then: drop, valid_for: 1h }
  "an odd name": {}
approximate: { churn: { tolerance: 0.0010, band: [39.9, "40.1"] }, drift: { tolerance: 1e-3 } }
`,
  'streams/calls.yaml': null,
  'streams/network-4.yaml': `
from: { kafka: { topic: network.quality, bootstrap: "env:KAFKA" } }
key: { field: who.id }
time: { field: at, format: epoch_us }
event_id: meta.id
variables:
  - { name: order, field: order, places: 0, unit: calls, aggregates: [last, sum, count, avg, min, max] }
  - { name: 4g, field: radio.4g_ms, places: 6, aggregates: [max] }
`,
  'streams/care.yaml': `
from: { amqp: { address: "care::contacts", bridge_topic: care-contacts, url: "file:/run/secrets/amqp" } }
key: { field: k }
time: { field: t, format: epoch_ms }
variables: [{ name: n, field: n, places: 1, aggregates: [count] }]
`,
  'batch/dwh.yaml': null,
  'batch/my-dwh.yaml': `
from: { postgres: { url: "env:DWH_URL", pool: 4 } }
tables:
  - name: profile
    key: customer_id
    columns:
      - { name: tier, type: text }
      - { name: income, places: 2 }
  - { name: usage, key: cust, scorecard: true, columns: [{ name: minutes, places: 0 }] }
`,
  'batch/nosql.yaml': 'from: { cassandra: { keyspace: k } }\ntables: [{ name: usage_b, key: cust, scorecard: true }]\n',
  'batch/scorecard.csv':
    'source,table,column,module,transform,weight,missing_as\r\n' +
    'my-dwh,usage,minutes,voice,"linear(10.50,-2) | cap(-3,3)",0.500,\r\n' +
    'nosql,usage_b,v1,data,"bin(1:0.5;2.25:1;*:-2)|flag(1)",-1.234567,0.000000000001\n' +
    'nosql,usage_b,v2,data,,1e3,-5\n',
  'online/care.yaml': `
url: "https://care.example/bulk"
rows: answer.customers
key: customer_id
chunk: 500
max_age: 0
fields: [{ name: open, field: tickets.open, places: 0 }]
`,
  'alternative.ts': 'export const satisfaction = 1;\n',
};

/** What a batch table says when it says nothing of it. */
const PLAIN = {
  keyPrefix: '',
  shape: { kind: 'rows' },
  expect: [],
  day: {
    rowsMin: null,
    rowsMax: null,
    changePercentMax: null,
    freshWithinUs: null,
    driftMax: null,
    keylessMax: null,
    keyTwiceMax: null,
    repeated: null,
  },
};

describe('a project that is right', () => {
  test('the least project has every default', async () => {
    const project = await load();
    expect(project).toMatchObject({
      name: 'least',
      key: { name: 'id_no', type: 'text' },
      base: { source: 'dwh', table: 'profile' },
      latenessUs: 600_000_000n,
      maxAheadUs: 120_000_000n,
      graceUs: 2_000_000n,
      settleUs: 300_000_000n,
      batchMaxAgeUs: 259_200_000_000n,
      population: 'window',
      gate: { waitUs: 60_000_000n, validForUs: 900_000_000n },
      // biome-ignore lint/suspicious/noThenProperty: the contract's name
      defaultAction: { coolDownUs: 3_600_000_000n, waitUs: 60_000_000n, then: 'hold', validForUs: 900_000_000n },
      approximate: [],
      scorecard: [],
      online: [],
      alternative: null,
      batch: [{ name: 'dwh', from: null, tables: [{ name: 'profile', key: 'k', columns: [], scorecard: false }] }],
    });
    expect(project.actions.size).toBe(0);
    expect(project.streams).toEqual([
      {
        name: 'calls',
        from: null,
        keyPath: ['k'],
        time: { path: ['t'], format: 'rfc3339' },
        eventIdPath: ['e'],
        variables: [{ name: 'x', path: ['x'], places: 2, unit: null, aggregates: ['sum'] }],
      },
    ]);
  });

  test('every declaration of a full project is read', async () => {
    const project = await load(MAXIMAL);
    expect(project).toMatchObject({
      name: 'Telco 1',
      base: { source: 'my-dwh', table: 'profile' },
      latenessUs: 0n,
      maxAheadUs: 500_000n,
      graceUs: 3_000_000n,
      settleUs: 3_600_000_000n,
      batchMaxAgeUs: 604_800_000_000n,
      population: 'touched',
      gate: { waitUs: 30_000_000n, validForUs: 600_000_000n },
      alternative: 'export const satisfaction = 1;\n',
    });
    expect(project.actions).toEqual(
      new Map([
        // biome-ignore lint/suspicious/noThenProperty: the contract's name
        ['retention_call', { coolDownUs: 7_200_000_000n, waitUs: 5_000_000n, then: 'drop', validForUs: 3_600_000_000n }],
        // biome-ignore lint/suspicious/noThenProperty: the contract's name
        ['an odd name', { coolDownUs: 3_600_000_000n, waitUs: 30_000_000n, then: 'hold', validForUs: 600_000_000n }],
      ]),
    );
    expect(project.approximate).toEqual([
      { column: 'churn', tolerance: '0.0010', band: ['39.9', '40.1'] },
      { column: 'drift', tolerance: '1e-3', band: null },
    ]);
    expect(project.streams.map(({ name, from }) => [name, from])).toEqual([
      ['care', { kind: 'amqp', address: 'care::contacts', bridgeTopic: 'care-contacts', url: { kind: 'file', path: '/run/secrets/amqp' } }],
      ['network-4', { kind: 'kafka', topic: 'network.quality', bootstrap: { kind: 'env', name: 'KAFKA' } }],
    ]);
    expect(project.streams[0]).toMatchObject({ eventIdPath: null, time: { format: 'epoch_ms' } });
    expect(project.streams[1]).toMatchObject({
      keyPath: ['who', 'id'],
      eventIdPath: ['meta', 'id'],
      variables: [
        { name: 'order', unit: 'calls', aggregates: ['last', 'sum', 'count', 'avg', 'min', 'max'] },
        { name: '4g', path: ['radio', '4g_ms'], places: 6 },
      ],
    });
    expect(project.batch[0]).toEqual({
      name: 'my-dwh',
      from: { kind: 'postgres', settings: { url: 'env:DWH_URL', pool: '4' } },
      tables: [
        {
          name: 'profile',
          key: 'customer_id',
          ...PLAIN,
          scorecard: false,
          columns: [
            { name: 'tier', type: { kind: 'text' }, field: null },
            { name: 'income', type: { kind: 'decimal', places: 2 }, field: null },
          ],
        },
        {
          ...PLAIN,
          name: 'usage',
          key: 'cust',
          scorecard: true,
          columns: [{ name: 'minutes', type: { kind: 'decimal', places: 0 }, field: null }],
        },
      ],
    });
    expect(project.online).toEqual([
      {
        name: 'care',
        url: { kind: 'literal', value: 'https://care.example/bulk' },
        rowsPath: ['answer', 'customers'],
        keyPath: ['customer_id'],
        chunk: 500,
        maxAge: 0,
        fields: [{ name: 'open', path: ['tickets', 'open'], places: 0 }],
      },
    ]);
  });

  test('the scorecard is read exactly', async () => {
    const { scorecard } = await load(MAXIMAL);
    expect(scorecard.map(({ column, weight, missingAs }) => [column, weight, missingAs])).toEqual([
      ['minutes', { unscaled: 5n, scale: 1 }, null],
      ['v1', { unscaled: -1_234_567n, scale: 6 }, { unscaled: 1n, scale: 12 }],
      ['v2', { unscaled: 1000n, scale: 0 }, { unscaled: -5n, scale: 0 }],
    ]);
    expect(scorecard[0]?.transforms).toEqual([
      { kind: 'linear', center: { unscaled: 105n, scale: 1 }, scale: { unscaled: -2n, scale: 0 } },
      { kind: 'cap', low: { unscaled: -3n, scale: 0 }, high: { unscaled: 3n, scale: 0 } },
    ]);
    expect(scorecard[1]?.transforms).toEqual([
      {
        kind: 'bin',
        edges: [
          { below: { unscaled: 1n, scale: 0 }, value: { unscaled: 5n, scale: 1 } },
          { below: { unscaled: 225n, scale: 2 }, value: { unscaled: 1n, scale: 0 } },
          { below: null, value: { unscaled: -2n, scale: 0 } },
        ],
      },
      { kind: 'flag', value: { unscaled: 1n, scale: 0 } },
    ]);
    expect(scorecard[2]?.transforms).toEqual([]);
  });

  test('an optional field with nothing behind its colon has its default, and settings may be lists or maps', async () => {
    const project = await load({
      ...MAXIMAL,
      'parallax.yaml': 'name: least\nkey: { name: k, type: bigint }\nbase: my-dwh.profile\nlateness:\nactions:\ngate:\n',
    });
    expect([project.latenessUs, project.actions.size, project.gate.waitUs]).toEqual([600_000_000n, 0, 60_000_000n]);
    const listed = await load({
      'batch/dwh.yaml': 'from: { cassandra: { contact_points: [a, b], options: { x: 1 } } }\ntables: [{ name: profile, key: k }]\n',
    });
    expect(listed.batch[0]?.from?.settings).toEqual({ contact_points: '["a","b"]', options: '{"x":1}' });
  });

  test('rows of one scorecard column add up: each is kept', async () => {
    const header = 'source,table,column,module,transform,weight,missing_as\n';
    const { scorecard } = await load({
      'batch/dwh.yaml': 'tables: [{ name: profile, key: k, scorecard: true }]\n',
      'batch/scorecard.csv': `${header}dwh,profile,v,m,flag(1),2,\ndwh,profile,v,m,flag(2),3,\n`,
    });
    expect(scorecard.map(({ weight }) => weight.unscaled)).toEqual([2n, 3n]);
  });

  test('a file with a byte order mark, comments and CRLF is read', async () => {
    const text = '\uFEFF# about\r\nname: least # short\r\nkey: {name: k, type: bigint}\r\nbase: dwh.profile\r\n';
    expect((await load({ 'parallax.yaml': text })).name).toBe('least');
  });

  test('only the files of the project are in the hash, each with its name and bytes', async () => {
    const before = (await load()).hash;
    expect(before).toMatch(/^[0-9a-f]{64}$/);
    const hashWith = async (changes: Parameters<typeof load>[0]): Promise<string> => (await load(changes)).hash;
    expect(await hashWith({ 'deploy.yaml': 'engine: sc://x\n', 'README.md': 'x', '.git/x': 'x', 'streams/notes.md': 'x' })).toBe(before);
    expect(await hashWith({ 'actions.sql': "SELECT id_no, 'a' AS action, 'r' AS reason FROM satisfaction" })).not.toBe(before);
    expect(await hashWith({ 'alternative.ts': '' })).not.toBe(before);
    expect(await hashWith({ 'parallax.yaml': 'name: least\nkey: { name: id_no, type: text }\nbase: dwh.profile\n\n' })).not.toBe(before);
  });

  test('what a live run needs and a replay does not is listed', async () => {
    const online = 'rows: r\nkey: k\nfields: [{ name: a, field: a, places: 0 }]\n';
    const project = await load({ 'online/care.yaml': online });
    expect(missingSources(project).map(({ place }) => place)).toEqual([
      { file: 'streams/calls.yaml', field: 'from' },
      { file: 'batch/dwh.yaml', field: 'from' },
      { file: 'online/care.yaml', field: 'url' },
    ]);
    expect(() => requireSources(project)).toThrow(ProjectError);
    const whole = await load(MAXIMAL);
    expect(missingSources(whole)).toEqual([]);
    expect(() => requireSources(whole)).not.toThrow();
  });
});

describe('what is missing', () => {
  test('a folder that does not exist', async () => {
    await expect(loadProject('/nowhere/at/all')).rejects.toMatchObject({
      code: 'PRLX_PROJECT',
      exitCode: 2,
      problems: [{ place: { file: '/nowhere/at/all' }, message: 'no such folder' }],
    });
  });

  test('an empty folder: every required file at once', async () => {
    const none = {
      'parallax.yaml': null,
      'streams/calls.yaml': null,
      'batch/dwh.yaml': null,
      'satisfaction.sql': null,
      'actions.sql': null,
    };
    expect((await problemsOf(none)).map(({ place }) => place.file)).toEqual([
      'parallax.yaml',
      'actions.sql',
      'satisfaction.sql',
      'streams/',
    ]);
  });

  test('the base table: its file, and the table in it', async () => {
    expect(await refusals({ 'batch/dwh.yaml': null, 'batch/dwg.yaml': 'tables: [{ name: profile, key: k }]\n' })).toEqual([
      'parallax.yaml:3 (base): the base table\'s file batch/dwh.yaml is missing (did you mean "dwg"?)',
    ]);
    expect(await refusals({ 'batch/dwh.yaml': 'tables: [{ name: profiles, key: k }]\n' })).toEqual([
      'parallax.yaml:3 (base): batch/dwh.yaml declares no table "profile" (did you mean "profiles"?)',
    ]);
  });

  test('the scorecard that a table speaks of', async () => {
    expect(await refusals({ 'batch/dwh.yaml': 'tables:\n  - name: profile\n    key: k\n    scorecard: true\n' })).toEqual([
      'batch/dwh.yaml:4 (tables[0].scorecard): the file batch/scorecard.csv is missing',
    ]);
  });

  test('a statement in an SQL file', async () => {
    expect(await refusals({ 'actions.sql': '-- later\n/* soon */\n' })).toEqual(['actions.sql:1 (-): the file holds no statement']);
  });

  test('a declaration with a wrong ending, and a misnamed scorecard', async () => {
    const problems = await refusals({ 'streams/b.yml': 'x', 'batch/scores.csv': 'x', 'online/a.b.yaml': 'x' });
    expect(problems).toEqual([
      'batch/scores.csv:- (-): only batch/scorecard.csv is read: rename or remove it',
      'online/a.b.yaml:- (-): "a.b" is no name for a stream or source: letters, digits, _ and - only',
      'streams/b.yml:- (-): the files of a project end in .yaml: rename it',
    ]);
  });

  test('the error says everything in its message, in order, and what to do', async () => {
    const changes = { 'parallax.yaml': 'nam: x\nkey: { name: k, type: text }\nbase: dwh.profile\n', 'actions.sql': null };
    await withProject(changes, async (directory) => {
      await expect(loadProject(directory)).rejects.toMatchObject({
        name: 'ProjectError',
        code: 'PRLX_PROJECT',
        exitCode: 2,
        retryable: false,
        advice: expect.stringContaining('docs/contract.md'),
        message: [
          `3 problems in the project ${directory}`,
          '  parallax.yaml:1 (nam): unknown field "nam" (did you mean "name"?); known here: name, key, base, lateness, max_ahead, grace, settle, batch_max_age, population, gate, actions, approximate',
          '  parallax.yaml:1 (name): the field "name" is missing',
          '  actions.sql: the file is missing',
        ].join('\n'),
      });
    });
  });
});
