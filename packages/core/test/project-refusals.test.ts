import { describe, expect, test } from 'vitest';
import { load, refusals } from './project-folder.ts';

/** A refusal: what stands in the file, the place that must be named, and what the message must say. */
type Case = readonly [what: string, text: string, place: string, message: RegExp];

function refuses(file: string, cases: readonly Case[]): void {
  test.each(cases)('%s', async (_, text, place, message) => {
    const found = await refusals({ [file]: text });
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(`${file}:${place}: `);
    expect(found[0]).toMatch(message);
  });
}

const parallax = (rest: string): string => `name: n\nkey: { name: k, type: text }\nbase: dwh.profile\n${rest}\n`;

describe('parallax.yaml', () => {
  refuses('parallax.yaml', [
    ['no YAML', 'name: "x\n', '2 (-)', /not valid YAML/],
    ['nothing', '', '1 (-)', /expected a map of fields, found nothing/],
    ['a list', '- a\n', '1 (-)', /expected a map of fields, found a list/],
    ['two documents', `${parallax('')}---\nname: m\n`, '5 (-)', /multiple documents/],
    ['an anchor', parallax('gate: &g { wait: 1s }'), '4 (gate)', /anchors are not allowed/],
    ['a tag', parallax('grace: !secret 2s'), '4 (-)', /tag/],
    ['a field twice', parallax('grace: 1s\nsettle: 1s\ngrace: 2s'), '6 (grace)', /stands here twice/],
    ['an unknown field', parallax('\ncolour: red'), '5 (colour)', /unknown field "colour"; known here: name, key/],
    ['an unknown field of the gate', parallax('gate:\n  wait: 1s\n  valid_four: 2m'), '6 (gate.valid_four)', /did you mean "valid_for"/],
    ['an unknown field of an action', parallax('actions:\n  a:\n    cooldown: 1m'), '6 (actions.a.cooldown)', /did you mean "cool_down"/],
    ['a merge key', parallax('<<: { grace: 1s }'), '4 (<<)', /unknown field "<<"/],
    [
      'a name that is a number',
      'name: 5\nkey: { name: k, type: text }\nbase: dwh.profile\n',
      '1 (name)',
      /expected a text, found the number 5/,
    ],
    ['an empty name', 'name: ""\nkey: { name: k, type: text }\nbase: dwh.profile\n', '1 (name)', /empty text/],
    ['a name with a slash', 'name: ../x\nkey: { name: k, type: text }\nbase: dwh.profile\n', '1 (name)', /no project name/],
    ['a key without type', 'name: n\nkey: { name: k }\nbase: dwh.profile\n', '2 (key.type)', /is missing/],
    [
      'a key of another type',
      'name: n\nkey:\n  name: k\n  type: integer\nbase: dwh.profile\n',
      '4 (key.type)',
      /one of bigint, text, found "integer"/,
    ],
    ['a key that is no map', 'name: n\nkey: k\nbase: dwh.profile\n', '2 (key)', /expected a map of fields, found the text "k"/],
    [
      'a key that is no identifier',
      'name: n\nkey: { name: customer-id, type: text }\nbase: dwh.profile\n',
      '2 (key.name)',
      /no identifier/,
    ],
    ['a key beginning with a digit', 'name: n\nkey: { name: 1k, type: text }\nbase: dwh.profile\n', '2 (key.name)', /no identifier/],
    [
      'a key named like a field of the outputs',
      'name: n\nkey: { name: Id, type: text }\nbase: dwh.profile\n',
      '2 (key.name)',
      /"id" of their own/,
    ],
    ['no base', 'name: n\nkey: { name: k, type: text }\n', '1 (base)', /is missing/],
    ['a base without table', 'name: n\nkey: { name: k, type: text }\nbase: dwh\n', '3 (base)', /names no batch table/],
    ['an unknown population', parallax('population: windows'), '4 (population)', /did you mean "window"/],
    ['a duration without unit', parallax('lateness: 10'), '4 (lateness)', /"10" is no duration/],
    ['a negative duration', parallax('grace: -2s'), '4 (grace)', /"-2s" is no duration/],
    ['a fraction of a duration', parallax('max_ahead: 1.5m'), '4 (max_ahead)', /no duration/],
    ['an unknown unit', parallax('settle: 5min'), '4 (settle)', /no duration/],
    ['two units', parallax('settle: 1h30m'), '4 (settle)', /no duration/],
    ['a duration of ages', parallax('batch_max_age: 4000d'), '4 (batch_max_age)', /no duration/],
    ['a duration that is a list', parallax('settle: [5m]'), '4 (settle)', /expected a text or number, found a list/],
    ['actions that are a list', parallax('actions: [a]'), '4 (actions)', /expected a map/],
    ['an action with a line break', parallax('actions: { "a\\nb": {} }'), '4 (actions.a\nb)', /control characters/],
    ['an action that neither holds nor drops', parallax('actions: { a: { then: keep } }'), '4 (actions.a.then)', /one of hold, drop/],
    [
      'an approximate column without tolerance',
      parallax('approximate: { c: { band: [1, 2] } }'),
      '4 (approximate.c.tolerance)',
      /is missing/,
    ],
    ['a tolerance that is no number', parallax('approximate: { c: { tolerance: some } }'), '4 (approximate.c.tolerance)', /decimal number/],
    ['a negative tolerance', parallax('approximate: { c: { tolerance: -0.1 } }'), '4 (approximate.c.tolerance)', /not negative/],
    [
      'a band of one',
      parallax('approximate: { c: { tolerance: 1, band: [1] } }'),
      '4 (approximate.c.band)',
      /\[low, high\], found 1 value/,
    ],
    [
      'a band upside down',
      parallax('approximate: { c: { tolerance: 1, band: [2.10, 2.09] } }'),
      '4 (approximate.c.band)',
      /2.10 above 2.09/,
    ],
    ['a band of texts', parallax('approximate: { c: { tolerance: 1, band: [a, 2] } }'), '4 (approximate.c.band[0])', /decimal number/],
  ]);

  test('an alias and its anchor are both named', async () => {
    const found = await refusals({ 'parallax.yaml': parallax('grace: &g 2s\nsettle: *g') });
    expect(found).toHaveLength(2);
    expect(found[0]).toMatch(/^parallax.yaml:4 \(grace\).*anchors/);
    expect(found[1]).toMatch(/^parallax.yaml:5 \(settle\).*aliases/);
  });

  test('bytes that are no UTF-8', async () => {
    expect(await refusals({ 'parallax.yaml': new Uint8Array([0x6e, 0xff, 0xfe]) })).toEqual([
      'parallax.yaml:- (-): the file is not UTF-8 text',
    ]);
  });
});

const stream = (variables: string, head = 'key: { field: k }\ntime: { field: t }\nevent_id: e'): string =>
  `${head}\nvariables:\n${variables}\n`;
const X = '  - { name: x, field: x, places: 0, aggregates: [sum] }';
const variable = (fields: string): string => stream(`  - { ${fields} }`);

describe('streams/*.yaml', () => {
  refuses('streams/calls.yaml', [
    ['an unknown field', `${stream(X)}window: 1h\n`, '6 (window)', /unknown field/],
    ['no key', stream(X, 'time: { field: t }\nevent_id: e'), '1 (key)', /is missing/],
    ['no time field', stream(X, 'key: { field: k }\ntime: { format: epoch_ms }\nevent_id: e'), '2 (time.field)', /is missing/],
    [
      'an unknown time format',
      stream(X, 'key: { field: k }\ntime: { field: t, format: epoch }\nevent_id: e'),
      '2 (time.format)',
      /rfc3339, epoch_ms, epoch_us/,
    ],
    ['no event id', stream(X, 'key: { field: k }\ntime: { field: t }'), '1 (event_id)', /only messages of a queue/],
    [
      'no event id on Kafka',
      stream(X, 'from: { kafka: { topic: t } }\nkey: { field: k }\ntime: { field: t }'),
      '1 (event_id)',
      /of a queue/,
    ],
    ['an empty part of a path', stream(X, 'key: { field: a..b }\ntime: { field: t }\nevent_id: e'), '1 (key.field)', /"a..b" is no path/],
    [
      'an unknown transport',
      stream(X, 'from: { kafak: { topic: t } }\nkey: { field: k }\ntime: { field: t }\nevent_id: e').replace(
        '{ kafak',
        '{ amqp: { address: a }, kafak',
      ),
      '1 (from.kafak)',
      /did you mean "kafka"/,
    ],
    [
      'two transports',
      stream(X, 'from: { kafka: { topic: t }, amqp: { address: a } }\nkey: { field: k }\ntime: { field: t }\nevent_id: e'),
      '1 (from)',
      /either kafka or amqp/,
    ],
    [
      'Kafka without topic',
      stream(X, 'from: { kafka: {} }\nkey: { field: k }\ntime: { field: t }\nevent_id: e'),
      '1 (from.kafka.topic)',
      /is missing/,
    ],
    [
      'a topic that Kafka refuses',
      stream(X, 'from: { kafka: { topic: a b } }\nkey: { field: k }\ntime: { field: t }\nevent_id: e'),
      '1 (from.kafka.topic)',
      /no Kafka topic/,
    ],
    [
      'an empty reference',
      stream(X, 'from: { kafka: { topic: t, bootstrap: "env:" } }\nkey: { field: k }\ntime: { field: t }\nevent_id: e'),
      '1 (from.kafka.bootstrap)',
      /no reference/,
    ],
    ['no variables', 'key: { field: k }\ntime: { field: t }\nevent_id: e\n', '1 (variables)', /is missing/],
    [
      'an empty list of variables',
      'key: { field: k }\ntime: { field: t }\nevent_id: e\nvariables: []\n',
      '4 (variables)',
      /at least one variable/,
    ],
    ['a variable twice', stream(`${X}\n${X}`), '6 (variables[1].name)', /"x" is declared twice/],
    [
      'a variable twice but for case',
      stream(`${X}\n${X.replace('name: x', 'name: X')}`),
      '6 (variables[1].name)',
      /"x" differs only in case/,
    ],
    ['a variable without name', variable('field: x, places: 0, aggregates: [sum]'), '5 (variables[0].name)', /is missing/],
    ['a bad name', variable('name: a-b, field: x, places: 0, aggregates: [sum]'), '5 (variables[0].name)', /letters, digits and _ only/],
    ['a long name', variable(`name: ${'a'.repeat(129)}, field: x, places: 0, aggregates: [sum]`), '5 (variables[0].name)', /at most 128/],
    ['no field', variable('name: x, places: 0, aggregates: [sum]'), '5 (variables[0].field)', /is missing/],
    ['no places', variable('name: x, field: x, aggregates: [sum]'), '5 (variables[0].places)', /is missing/],
    ['places above 6', variable('name: x, field: x, places: 7, aggregates: [sum]'), '5 (variables[0].places)', /from 0 to 6, found 7/],
    ['negative places', variable('name: x, field: x, places: -1, aggregates: [sum]'), '5 (variables[0].places)', /from 0 to 6, found -1/],
    ['a fraction of places', variable('name: x, field: x, places: 2.0, aggregates: [sum]'), '5 (variables[0].places)', /whole number/],
    ['places as a text', variable('name: x, field: x, places: "2", aggregates: [sum]'), '5 (variables[0].places)', /found the text "2"/],
    ['no aggregates', variable('name: x, field: x, places: 0'), '5 (variables[0].aggregates)', /is missing/],
    [
      'an empty list of aggregates',
      variable('name: x, field: x, places: 0, aggregates: []'),
      '5 (variables[0].aggregates)',
      /at least one/,
    ],
    [
      'an unknown aggregate',
      stream('  - name: x\n    field: x\n    places: 0\n    aggregates:\n      - sum\n      - mean'),
      '10 (variables[0].aggregates[1])',
      /found "mean"/,
    ],
    [
      'an aggregate twice',
      variable('name: x, field: x, places: 0, aggregates: [sum, max, sum]'),
      '5 (variables[0].aggregates[2])',
      /twice/,
    ],
    [
      'a unit that is a number',
      variable('name: x, field: x, places: 0, unit: 5, aggregates: [sum]'),
      '5 (variables[0].unit)',
      /expected a text/,
    ],
  ]);

  test('a message of a queue has an id of its own, and the bridge is named like the address', async () => {
    const { streams } = await load({
      'streams/calls.yaml': stream(X, 'from: { amqp: { address: a } }\nkey: { field: k }\ntime: { field: t }'),
    });
    expect(streams[0]).toMatchObject({ eventIdPath: null, from: { kind: 'amqp', address: 'a', bridgeTopic: 'a', url: null } });
  });
});

const table = (columns: string): string => `tables:\n  - name: profile\n    key: k\n    columns:\n      - { ${columns} }\n`;

describe('batch/*.yaml', () => {
  refuses('batch/dwh.yaml', [
    ['an unknown field', 'tables: [{ name: profile, key: k }]\ntable: 1\n', '2 (table)', /did you mean "tables"/],
    [
      'an unknown store',
      'from: { oracle: { url: x } }\ntables: [{ name: profile, key: k }]\n',
      '1 (from.oracle)',
      /postgres, cassandra, mongodb, parquet/,
    ],
    ['two stores', 'from: { postgres: {}, parquet: {} }\ntables: [{ name: profile, key: k }]\n', '1 (from)', /expected one of/],
    ['a table without key', 'tables:\n  - { name: profile }\n', '2 (tables[0].key)', /is missing/],
    ['a table twice', 'tables:\n  - { name: profile, key: k }\n  - { name: profile, key: k }\n', '3 (tables[1].name)', /declared twice/],
    ['a bad table name', 'tables: [{ name: profile, key: k }, { name: a.b, key: k }]\n', '1 (tables[1].name)', /is no name/],
    ['scorecard as a text', 'tables: [{ name: profile, key: k, scorecard: "yes" }]\n', '1 (tables[0].scorecard)', /true or false/],
    ['a column of neither type nor places', table('name: a'), '5 (tables[0].columns[0])', /either "type: text" or its "places"/],
    ['a column of both', table('name: a, type: text, places: 0'), '5 (tables[0].columns[0].places)', /not both/],
    ['a column of another type', table('name: a, type: int'), '5 (tables[0].columns[0].type)', /expected text/],
    ['places above 6', table('name: a, places: 10'), '5 (tables[0].columns[0].places)', /found 10/],
    [
      'a column twice',
      `${table('name: a, places: 0')}      - { name: A, type: text }\n`,
      '6 (tables[0].columns[1].name)',
      /differs only in case/,
    ],
    ['an unknown field of a column', table('name: a, places: 0, unit: s'), '5 (tables[0].columns[0].unit)', /unknown field/],
  ]);
});

const online = (rest: string): string => `rows: r\nkey: k\nfields: [{ name: a, field: a, places: 0 }]\n${rest}\n`;

describe('online/*.yaml', () => {
  refuses('online/care.yaml', [
    ['an unknown field', online('timeout: 1s'), '4 (timeout)', /unknown field/],
    ['a chunk of none', online('chunk: 0'), '4 (chunk)', /found 0/],
    ['a chunk as a text', online('chunk: many'), '4 (chunk)', /whole number/],
    ['a negative age', online('max_age: -1'), '4 (max_age)', /found -1/],
    ['an age with a unit', online('max_age: 3m'), '4 (max_age)', /whole number/],
    ['no rows', 'key: k\nfields: [{ name: a, field: a, places: 0 }]\n', '1 (rows)', /is missing/],
    ['no fields', 'rows: r\nkey: k\nfields: []\n', '3 (fields)', /at least one field/],
    [
      'a field twice',
      'rows: r\nkey: k\nfields:\n  - { name: a, field: a, places: 0 }\n  - { name: a, field: b, places: 0 }\n',
      '5 (fields[1].name)',
      /twice/,
    ],
    [
      'a field named as the age',
      'rows: r\nkey: k\nfields:\n  - { name: Age_minutes, field: a, places: 0 }\n',
      '4 (fields[0].name)',
      /two columns "care_Age_minutes"/,
    ],
    ['a variable of the environment without name', online('url: "env:A B"'), '4 (url)', /no reference/],
  ]);
});

const scorecard = (row: string, header = 'source,table,column,module,transform,weight,missing_as'): string => `${header}\n${row}\n`;
const TABLES =
  'tables:\n  - { name: profile, key: k }\n  - { name: usage, key: k, scorecard: true, columns: [{ name: plan, type: text }] }\n';

describe('batch/scorecard.csv', () => {
  const cases: readonly Case[] = [
    ['nothing', '', '1 (-)', /header is missing/],
    ['a header alone', scorecard('').trimEnd(), '1 (-)', /has no row/],
    [
      'an unknown column',
      scorecard('dwh,usage,v,m,,1,,x', 'source,table,column,module,transform,weight,missing_as,note'),
      '1 (note)',
      /unknown column/,
    ],
    ['a column missing', scorecard('dwh,usage,v,m,', 'source,table,column,module,transform'), '1 (weight)', /is missing/],
    ['a column twice', scorecard('dwh,usage,v,m,,1,1', 'source,table,column,module,transform,weight,weight'), '1 (weight)', /twice/],
    ['a quote without end', scorecard('dwh,usage,v,m,"cap(1,2),1,'), '2 (-)', /not valid CSV/],
    ['a comma without quotes', scorecard('dwh,usage,v,m,cap(1,2),1,'), '2 (-)', /expected 7 cells, found 8; a cell with a comma/],
    ['too few cells', scorecard('dwh,usage,v,m,,1'), '2 (-)', /expected 7 cells, found 6/],
    ['an unknown source', scorecard('dwhh,usage,v,m,,1,'), '2 (source)', /did you mean "dwh"/],
    ['an unknown table', scorecard('dwh,usages,v,m,,1,'), '2 (table)', /did you mean "usage"/],
    ['a table that is not of the scorecard', scorecard('dwh,profile,v,m,,1,'), '2 (table)', /does not say "scorecard: true"/],
    ['a column of text', scorecard('dwh,usage,plan,m,,1,'), '2 (column)', /declared as text/],
    ['no column', scorecard('dwh,usage,,m,,1,'), '2 (column)', /found nothing/],
    ['a bad module', scorecard('dwh,usage,v,a b,,1,'), '2 (module)', /is no name/],
    ['no weight', scorecard('dwh,usage,v,m,,,'), '2 (weight)', /found nothing/],
    ['a weight that is no number', scorecard('dwh,usage,v,m,,"1,5",'), '2 (weight)', /"1,5" is no decimal number/],
    ['seven decimals of a weight', scorecard('dwh,usage,v,m,,0.1234567,'), '2 (weight)', /more than 6 decimals/],
    ['a missing value that is no number', scorecard('dwh,usage,v,m,,1,none'), '2 (missing_as)', /no decimal number/],
    ['the line after a cell with a line break', scorecard('dwh,usage,v,m,"cap(1,\n2)",1,\ndwh,usage,w,m,,x,'), '4 (weight)', /no decimal/],
    ['an unknown transform', scorecard('dwh,usage,v,m,"liner(1,2)",1,'), '2 (transform)', /did you mean "linear"/],
    ['a transform without its end', scorecard('dwh,usage,v,m,"cap(1,2",1,'), '2 (transform)', /is no transform/],
    ['an empty part of a chain', scorecard('dwh,usage,v,m,"cap(1,2)|",1,'), '2 (transform)', /"" is no transform/],
    ['one number for two', scorecard('dwh,usage,v,m,linear(1),1,'), '2 (transform)', /takes two numbers/],
    ['three numbers for two', scorecard('dwh,usage,v,m,"cap(1,2,3)",1,'), '2 (transform)', /takes two numbers/],
    ['a division by zero', scorecard('dwh,usage,v,m,"linear(1,0.00)",1,'), '2 (transform)', /divides by zero/],
    ['a cap upside down', scorecard('dwh,usage,v,m,"cap(2,1)",1,'), '2 (transform)', /low above its high/],
    ['bins without a last one', scorecard('dwh,usage,v,m,bin(1:2;3:4),1,'), '2 (transform)', /the last bin, and no other/],
    ['a last bin that is not last', scorecard('dwh,usage,v,m,bin(*:2;3:4),1,'), '2 (transform)', /the last bin, and no other/],
    ['a bin without value', scorecard('dwh,usage,v,m,bin(1;*:4),1,'), '2 (transform)', /not edge:value/],
    ['a number that is none', scorecard('dwh,usage,v,m,flag(one),1,'), '2 (transform)', /"one" is no decimal number/],
    ['thirteen decimals', scorecard('dwh,usage,v,m,flag(0.1234567890123),1,'), '2 (transform)', /more than 12 decimals/],
  ];
  test.each(cases)('%s', async (_, text, place, message) => {
    const found = await refusals({ 'batch/dwh.yaml': TABLES, 'batch/scorecard.csv': text });
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(`batch/scorecard.csv:${place}: `);
    expect(found[0]).toMatch(message);
  });
});

describe('columns of a view that have one name once the files are joined', () => {
  test('of two streams', async () => {
    const found = await refusals({
      'streams/calls.yaml': null,
      'streams/a.yaml': stream('  - { name: b_c, field: x, places: 0, aggregates: [sum] }'),
      'streams/a_b.yaml': stream(
        '  - { name: z, field: x, places: 0, aggregates: [sum] }\n  - { name: C, field: x, places: 0, aggregates: [max, sum] }',
      ),
    });
    expect(found).toEqual([
      'streams/a_b.yaml:6 (variables[1].name): the view stream would have two columns "a_b_C_sum": of sum of b_c in streams/a.yaml and of sum of C in streams/a_b.yaml',
    ]);
  });

  test('of two batch sources, and of two tables in one', async () => {
    const columns = (name: string): string => `tables:\n  - { name: t, key: k, columns: [{ name: ${name}, places: 0 }] }\n`;
    const two = { 'batch/x.yaml': columns('a_b'), 'batch/y.yaml': columns('a_b') };
    expect(await refusals(two)).toEqual([
      expect.stringMatching(/^batch\/y\.yaml:2 \(tables\[0\]\.columns\[0\]\.name\): .*"t_a_b".*batch\/x\.yaml/),
    ]);
    const inOne = `${columns('a_b')}  - { name: t_a, key: k, columns: [{ name: b, places: 0 }] }\n`;
    expect(await refusals({ 'batch/x.yaml': inOne })).toEqual([expect.stringMatching(/^batch\/x\.yaml:3 .*"t_a_b"/)]);
  });

  test('of a table and the scorecard, and of two modules', async () => {
    const tables =
      'tables:\n  - { name: profile, key: k }\n  - { name: scorecard, key: k, scorecard: true, columns: [{ name: m, places: 0 }] }\n';
    const csv = scorecard('dwh,scorecard,v,m,,1,\ndwh,scorecard,v,n,,1,\ndwh,scorecard,v,N,,1,');
    expect(await refusals({ 'batch/dwh.yaml': tables, 'batch/scorecard.csv': csv })).toEqual([
      expect.stringMatching(/^batch\/scorecard\.csv:2 \(module\): .*"scorecard_m"/),
      expect.stringMatching(/^batch\/scorecard\.csv:4 \(module\): .*"scorecard_N"/),
    ]);
  });

  test('of two online sources', async () => {
    const fields = (name: string): string => `rows: r\nkey: k\nfields: [{ name: ${name}, field: a, places: 0 }]\n`;
    const found = await refusals({ 'online/a.yaml': fields('b_age_minutes'), 'online/a_b.yaml': fields('c') });
    expect(found).toEqual([
      expect.stringMatching(/^online\/a\.yaml:3 \(fields\[0\]\.name\): .*"a_b_age_minutes".*age of online\/a_b\.yaml/),
    ]);
  });

  test('of the customer key and a variable, also in the last hour', async () => {
    const key = (name: string): string => `name: n\nkey: { name: ${name}, type: text }\nbase: dwh.profile\n`;
    expect(await refusals({ 'parallax.yaml': key('CALLS_x_sum') })).toEqual([
      expect.stringMatching(/^streams\/calls\.yaml:5 .*the customer key/),
    ]);
    expect(await refusals({ 'parallax.yaml': key('calls_x_sum_1h') })).toEqual([
      expect.stringMatching(/^streams\/calls\.yaml:5 .*"calls_x_sum_1h"/),
    ]);
  });
});
