/** Goal: what is no value of its type is refused where it enters, and bytes that cannot be read where they leave. */
import { Field, makeData, RecordBatch, RecordBatchStreamWriter, Schema, Struct, Utf8 } from 'apache-arrow';
import { expect, it } from 'vitest';
import { decodeArrowStream } from '../src/arrow/decode.ts';
import { ArrowStreamBuilder } from '../src/arrow/encode.ts';
import { DecodedBatch, decodeBatches } from '../src/batch.ts';
import type { SparkType, StructType } from '../src/types.ts';
import type { SparkValue } from '../src/values.ts';

const oneColumn = (type: SparkType, nullable = true): StructType => ({ kind: 'struct', fields: [{ name: 'c', type, nullable }] });

function streamOf(schema: StructType, ...rows: readonly (readonly SparkValue[])[]): Uint8Array {
  const builder = new ArrowStreamBuilder(schema);
  for (const row of rows) builder.append(row);
  return builder.finish();
}

const DECIMAL: SparkType = { kind: 'decimal', precision: 5, scale: 2 };
const LIST: SparkType = { kind: 'array', element: { kind: 'long' }, containsNull: false };
const ITEM: SparkType = { kind: 'struct', fields: [{ name: 'x', type: { kind: 'int' }, nullable: false }] };

it.each<[string, SparkType, SparkValue]>([
  ['a number for BIGINT', { kind: 'long' }, 1],
  ['a bigint past 64 bits', { kind: 'long' }, 2n ** 63n],
  ['a number for TIMESTAMP', { kind: 'timestamp' }, 0],
  ['a fraction for INT', { kind: 'int' }, 0.5],
  ['an INT past 32 bits', { kind: 'int' }, 2 ** 31],
  ['NaN for INT', { kind: 'int' }, Number.NaN],
  ['128 for TINYINT', { kind: 'byte' }, 128],
  ['a bigint for DOUBLE', { kind: 'double' }, 1n],
  ['a number for DECIMAL', DECIMAL, 1.5],
  ['a decimal of more places', DECIMAL, { unscaled: 1234n, scale: 3 }],
  ['a decimal of more digits', DECIMAL, { unscaled: 100_000n, scale: 2 }],
  ['a decimal of more digits once scaled', DECIMAL, { unscaled: 1_000n, scale: 0 }],
  ['a lone surrogate', { kind: 'string' }, '\ud800'],
  ['bytes for text', { kind: 'string' }, new Uint8Array()],
  ['text for bytes', { kind: 'binary' }, 'a'],
  ['a null element where there is none', LIST, [null]],
  ['a text for a list', LIST, 'abc'],
  ['a missing field', ITEM, {}],
  ['a null field where there is none', ITEM, { x: null }],
  ['a list for a struct', ITEM, [1]],
])('refuses %s', (_, type, value) => {
  expect(() => streamOf(oneColumn(type), [value])).toThrow(expect.objectContaining({ code: 'PRLX_SPARK_VALUE' }));
});

it('refuses a null where the column has none, and a row of another width', () => {
  expect(() => streamOf(oneColumn({ kind: 'int' }, false), [null])).toThrow(/column c, row 0.*null/);
  expect(() => streamOf(oneColumn({ kind: 'int' }), [1, 2])).toThrow(RangeError);
});

it('widens a decimal of fewer places exactly', () => {
  const schema = oneColumn(DECIMAL);
  const [batch] = decodeBatches(streamOf(schema, [{ unscaled: -7n, scale: 0 }]), schema);
  expect(batch?.column('c').get(0)).toEqual({ unscaled: -700n, scale: 2 });
});

it('tells bytes that are no text, also when a character is cut between two values', () => {
  // What Spark sends for CAST(X'ff' AS STRING): the same buffers as BINARY, under the type of a text.
  const text = oneColumn({ kind: 'string' });
  const asText = (...values: readonly (readonly number[])[]) => {
    const buffers = {
      type: new Utf8(),
      length: values.length,
      nullCount: 0,
      data: Uint8Array.from(values.flat()),
      valueOffsets: Int32Array.from([0, ...values.map((_, index) => values.slice(0, index + 1).flat().length)]),
    };
    const fields = [new Field('c', new Utf8(), true)];
    const data = makeData({ type: new Struct(fields), length: values.length, nullCount: 0, children: [makeData(buffers)] });
    const stream = RecordBatchStreamWriter.writeAll([new RecordBatch(new Schema(fields), data)]).toUint8Array(true);
    const [batch] = decodeBatches(stream, text);
    return (row: number) => batch?.column('c').get(row);
  };
  const refused = expect.objectContaining({ code: 'PRLX_SPARK_TEXT' });
  const bad = asText([0xff], [0x61]);
  expect(() => bad(0)).toThrow(refused);
  expect(bad(1)).toBe('a');
  const cut = asText([0xc3], [0xa9], [0x61]);
  expect(() => cut(0)).toThrow(refused);
  expect(() => cut(1)).toThrow(refused);
  expect(cut(2)).toBe('a');
});

it('gives typed arrays and unscaled integers without objects', () => {
  const schema: StructType = {
    kind: 'struct',
    fields: [
      { name: 'l', type: { kind: 'long' }, nullable: true },
      { name: 'd', type: { kind: 'decimal', precision: 38, scale: 1 }, nullable: true },
      { name: 's', type: { kind: 'string' }, nullable: true },
    ],
  };
  const [batch] = decodeBatches(streamOf(schema, [5n, { unscaled: -(10n ** 37n), scale: 1 }, 'x'], [null, null, null]), schema);
  if (!(batch instanceof DecodedBatch)) throw new Error('one batch');
  expect(batch.column('l').raw).toEqual(new BigInt64Array([5n, 0n]));
  expect([batch.column('l').int64?.(0), batch.column('d').int64?.(0), batch.column('s').int64]).toEqual([5n, -(10n ** 37n), undefined]);
  expect(batch.columns.map((column) => column.isNull(1))).toEqual([true, true, true]);
  expect(() => batch.column('nope')).toThrow(RangeError);
});

it('refuses a result of another shape than its schema, and types it does not carry', () => {
  const stream = streamOf(oneColumn({ kind: 'int' }), [1]);
  expect(() => [...decodeArrowStream(stream, oneColumn({ kind: 'string' }))]).toThrow(
    expect.objectContaining({ code: 'PRLX_SPARK_DECODE' }),
  );
  expect(() => [...decodeArrowStream(stream, { kind: 'struct', fields: [] })]).toThrow(
    expect.objectContaining({ code: 'PRLX_SPARK_DECODE' }),
  );
  const variant = oneColumn({ kind: 'unsupported', name: 'VARIANT' });
  expect(() => [...decodeArrowStream(stream, variant)]).toThrow(expect.objectContaining({ code: 'PRLX_SPARK_TYPE' }));
});

it('a struct with one name twice, or a row, cannot become an object; a field named __proto__ can', () => {
  const twice: StructType = { kind: 'struct', fields: [...oneColumn({ kind: 'int' }).fields, ...oneColumn({ kind: 'int' }).fields] };
  const stream = streamOf(twice, [1, 2]);
  const [batch] = decodeBatches(stream, twice);
  expect(() => [...(batch?.rows() ?? [])]).toThrow(expect.objectContaining({ code: 'PRLX_SPARK_DUPLICATE_COLUMN' }));
  expect(batch?.columns.map((column) => column.get(0))).toEqual([1, 2]);
  const proto: StructType = { kind: 'struct', fields: [{ name: '__proto__', type: { kind: 'int' }, nullable: true }] };
  const [row] = [...decodeBatches(streamOf(proto, [7]), proto)].flatMap((each) => [...each.rows()]);
  expect(Object.entries(row ?? {})).toEqual([['__proto__', 7]]);
});
